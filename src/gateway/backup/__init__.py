"""Backups: the log, the documents, and apart from both the keys; and a deployment made again from them.

A backup holds no read model (they are folded again), no token (they are made again), and no key: whoever has it without
the keys' own backup and the master key has nothing personal in clear.
"""

from gateway.backup.manifest import BackupDamaged, KeysManifest, Manifest
from gateway.backup.programs import ProgramFailed
from gateway.backup.restoring import Restored, RestoreRefused, restore
from gateway.backup.saving import save, save_keys

__all__ = [
    "BackupDamaged",
    "KeysManifest",
    "Manifest",
    "ProgramFailed",
    "RestoreRefused",
    "Restored",
    "restore",
    "save",
    "save_keys",
]
