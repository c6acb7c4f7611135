"""Pages of mail: the document behind a mail's link, and in demo mode what the mail catcher caught."""

from backoffice.delivery.views.caught import blueprint as caught_blueprint
from backoffice.delivery.views.document import blueprint

__all__ = ["blueprint", "caught_blueprint"]
