"""Those who meet: two référents who remove each other, two links to one mailbox, and the last one who stays (O25)."""

from __future__ import annotations

import threading

from httpx import Response

from support.company import PASSWORD, Company, company, head, link_of
from support.gateway import Gateway


def test_of_two_referents_who_remove_each_other_at_once_one_stays(gateway: Gateway):
    """O25, over HTTP and at the same instant, several times: never is an organisation left to nobody."""
    for n in range(4):
        firm = company(gateway)
        pair = [firm.referent(f"pair-{n}-{side}") for side in "ab"]
        answers = _remove_each_other(firm, pair)
        statuses = sorted(answer.status_code for answer in answers.values())
        assert statuses[0] == 200, [answer.text for answer in answers.values()]
        assert statuses[1] in {403, 404, 409}, [answer.text for answer in answers.values()]
        winner = next(who for who, answer in answers.items() if answer.status_code == 200)
        assert [each["profile"]["code"] for each in firm.users(winner)] == ["referent"]


def _remove_each_other(firm: Company, pair: list[str]) -> dict[str, Response]:
    gateway, barrier, answers = firm.gateway, threading.Barrier(2), {}
    told = {"organisation_id": str(firm.organisation), "kind": firm.kind}

    def remove(who: str, whom: str) -> None:
        path = f"/v1/accounts/{gateway.accounts[whom]}/memberships/end"
        headers = {**gateway.headers(who), "Idempotency-Key": f"fin-{who}"}
        barrier.wait()
        answers[who] = gateway.client.post(path, json=told, headers=headers)

    threads = [threading.Thread(target=remove, args=pairing) for pairing in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        gateway.engine.catch_up()  # whoever came second is judged on what the first one did, not told to wait
    gateway.engine.catch_up()
    return answers


def test_one_mailbox_invited_twice_and_joining_twice_at_once_has_one_account(gateway: Gateway):
    """Two organisations, two spellings of one address, both links used at one instant: one account, in both."""
    for n in range(3):
        firms = company(gateway), company(gateway)
        spelt = (f"Marie-{n}@Example.org", f"marie-{n}@EXAMPLE.org")
        secrets = []
        for number, (firm, email) in enumerate(zip(firms, spelt, strict=True)):
            who = firm.referent(f"inviting-{n}-{number}")
            invitation = firm.invite(who, firm.places[0], email=email).json()["id"]
            secrets.append(link_of(gateway, "invitation", invitation))
        barrier = threading.Barrier(2)
        answers = []

        def join(secret: str, barrier: threading.Barrier = barrier, answers: list[int] = answers) -> None:
            barrier.wait()
            told = {"secret": secret, "password": PASSWORD}
            answers.append(gateway.client.post("/v1/links/use", json=told).status_code)

        threads = [threading.Thread(target=join, args=(secret,)) for secret in secrets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        gateway.engine.catch_up()
        assert answers == [200, 200]
        accounts = {
            each["account_id"]
            for number, firm in enumerate(firms)
            for each in firm.users(f"inviting-{n}-{number}")
            if each["email"] == f"marie-{n}@example.org"
        }
        assert len(accounts) == 1
        browser = gateway.browser()
        assert browser.sign_in(spelt[0].upper(), PASSWORD).status_code == 200
        assert len(browser.get("/v1/me").json()["memberships"]) == 2


def test_the_last_referent_stays_until_another_is_named(gateway: Gateway):
    """O25: neither she, nor staff, ends, suspends or demotes the last one."""
    firm = company(gateway)
    firm.referent("alone")
    path = f"/v1/accounts/{gateway.accounts['alone']}/memberships"
    told = {"organisation_id": str(firm.organisation), "kind": firm.kind}
    plain = {**told, "profile": "user", "establishment_ids": [str(place) for place in firm.places]}
    before = head(gateway)
    for who in ("alone", "case-manager"):
        for order, body in (("end", told), ("suspension", told), ("change", plain)):
            answer = gateway.post(who, f"{path}/{order}", body)
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/last-referent"), (who, order)
    assert head(gateway) == before
    firm.referent("named")
    assert gateway.post("case-manager", f"{path}/end", told).status_code == 200
