// Upgrades of pages that already work without any script. Each module looks for its own data attributes.
import { fillAmounts } from "./amounts.js";
import { offerCopying } from "./copy.js";
import { countCharacters } from "./counters.js";
import { openDialogs } from "./dialogs.js";
import { showDownloads } from "./downloads.js";
import { focusErrors } from "./errors.js";
import { keepTypedText } from "./keep.js";
import { pickRows } from "./picking.js";
import { offerPrinting } from "./print.js";
import { switchThemes } from "./theme.js";
import { dismissToasts } from "./toasts.js";

for (const upgrade of [openDialogs, fillAmounts, offerCopying, countCharacters, dismissToasts, switchThemes, keepTypedText, pickRows, showDownloads, offerPrinting, focusErrors]) {
  upgrade(document);
}
