"""Words of the managers' page for coded values."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from backoffice.headers.rules import HeaderKind
from backoffice.requests.rules import REASON_LABELS

kinds = {
    HeaderKind.ENTERPRISE.value: _l("Enterprise"),
    HeaderKind.PERSONAL.value: _l("Personal"),
    HeaderKind.PUBLIC_BODY.value: _l("Public body or other"),
}
reasons = {reason.value: _l(label) for reason, label in REASON_LABELS.items()}
