"""A document is withdrawn by the staff: with a reason, read once more, done once; gone for its parties."""

from __future__ import annotations

from httpx import Response

from ledger.kit.clock import paris_day, system_clock
from support.browser import Browser
from support.case import Case, listed
from support.company import head
from support.html import Node, fields_of, read

REASON = "Déposé sur le mauvais dossier.\nVu avec l'entreprise."


def page_of(case: Case, name: str) -> str:
    return f"/gestion/documents/{case.documents[name]}/retrait"


def sent(browser: Browser, page: Node, path: str, **typed: str) -> Response:
    form = page.one("form", method="post", action=path)
    return browser.send("POST", path, data={**fields_of(form), **typed})


def test_a_document_is_withdrawn_with_a_reason(case: Case):
    """B1, E14: two pages; then the staff and the auditor read when and why, and its depositor has no such document."""
    manager, path = case.browser("case-manager"), page_of(case, "Devis.pdf")
    first = manager.get(path)
    assert "Devis.pdf" in read(first).one("main").text
    before = head(case.gateway)
    confirming = sent(manager, read(first), path, reason=REASON)
    assert confirming.status_code == 200
    assert head(case.gateway) == before, "nothing is done before it is confirmed"
    page = read(confirming)
    assert "Déposé sur le mauvais dossier." in page.one("main").text
    done = sent(manager, page, path)
    assert (done.status_code, done.headers["location"]) == (303, f"/gestion{case.path}?fait=document-retire")
    assert sent(manager, page, path).status_code == 303, "the same page sent twice"
    assert head(case.gateway) == before + 1

    today = f"{paris_day(system_clock()):%d/%m/%Y}"
    for who in ("case-manager", "auditor"):
        state = listed(case, who, "gestion")["Devis.pdf"][2]
        assert state.startswith(f"Retiré le {today}")
        assert "Motif : Déposé sur le mauvais dossier. Vu avec l'entreprise." in state
    assert set(listed(case, "case-manager", "gestion", "?state=withdrawn")) == {"Devis.pdf"}
    member = case.browser("member")
    assert member.get(f"/documents/{case.documents['Devis.pdf']}").status_code == 404
    assert case.gateway.get(case.readers["member"], f"/v1/documents/{case.documents['Devis.pdf']}").status_code == 404
    rows = case.gateway.get(case.readers["member"], f"/v1/dossiers/{case.dossier}/documents").json()["items"]
    withdrawn = str(case.documents["Devis.pdf"])
    assert withdrawn not in [each["document_id"] for each in rows]
    # The history keeps both days, and leads nobody to what is not there for him.
    for who, is_named in (("member", False), ("auditor", True)):
        told = case.gateway.get(case.readers.get(who, who), f"/v1/dossiers/{case.dossier}/history").json()["items"]
        assert "document.withdrawn.v1" in [each["event"] for each in told]
        assert (withdrawn in [each["document_id"] for each in told]) == is_named, who
    assert withdrawn not in member.get(f"/adherent/dossiers/{case.dossier}/historique").text
    # Its page leads to the list that says so, and a form that was open says it too.
    assert manager.get(path).headers["location"] == f"/gestion{case.path}"
    late = sent(manager, page, path, demande="une-autre")
    assert late.status_code == 422
    assert "déjà retiré" in read(late).one("main").text


def test_a_reason_is_asked_for(shared: Case):
    """Bad input: said at the field, nothing done; the confirmation cannot be jumped to without one."""
    manager, path = shared.browser("case-manager"), page_of(shared, "Accord.pdf")
    page, before = read(manager.get(path)), head(shared.gateway)
    for reason in ("", "   ", "x" * 4_001, "cloche\x07"):
        for more in ({}, {"confirmed": "1", "demande": "x"}):
            answer = sent(manager, page, path, reason=reason, **more)
            assert answer.status_code == 422
            field = read(answer).one("textarea", id="reason")
            assert field.attributes["aria-invalid"] == "true"
    assert head(shared.gateway) == before


def test_nobody_but_case_managers_and_accountants_withdraws(shared: Case):
    """E9: a member never deletes or replaces; an auditor reads, and no list offers it to either."""
    path = page_of(shared, "Devis.pdf")
    allowed = {"case-manager", "accountant"}
    for who in ("case-manager", "accountant", "auditor", "operator", "member", "provider"):
        browser = shared.browser(who)
        assert browser.get(path).status_code == (200 if who in allowed else 404), who
        for space in ("of", "adherent"):
            assert browser.get(path.replace("gestion", space)).status_code == 404
        if who in allowed:
            continue
        answer = browser.send("POST", path, data={"csrf_token": browser.csrf or "", "reason": "Je veux"})
        assert answer.status_code == 404, who
    offered = read(shared.browser("auditor").get(f"/gestion{shared.path}")).one("main").text
    assert "Retirer" not in offered
    assert "Retirer Devis.pdf" in read(shared.browser("accountant").get(f"/gestion{shared.path}")).one("main").text
    assert listed(shared, "auditor", "gestion")["Devis.pdf"][2] == "Transmis (non analysé)"
