"""Writes the API's description: `python -m gateway.api > schemas/openapi.v1.json`."""

import sys

from gateway.api.app import build
from gateway.api.openapi import as_text

sys.stdout.buffer.write(as_text(build()))
