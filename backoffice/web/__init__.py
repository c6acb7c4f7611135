"""Page plumbing shared by every capability: layout, navigation, formatting, filters, paging, guards, errors."""
