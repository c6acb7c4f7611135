"""The one blueprint of the service level's pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("sla", __name__)
