// Upgrades of pages that already work without any script. Each module looks for its own data attributes.
import { fillAmounts } from "./amounts.js";
import { offerCopying } from "./copy.js";
import { countCharacters } from "./counters.js";
import { openDialogs } from "./dialogs.js";
import { showDownloads } from "./downloads.js";
import { focusErrors, focusTarget } from "./errors.js";
import { weighFiles } from "./files.js";
import { followHeader } from "./header-defaults.js";
import { keepTypedText } from "./keep.js";
import { pickRows } from "./picking.js";
import { offerPrinting } from "./printing.js";
import { followProgress } from "./progress.js";
import { switchThemes } from "./theme.js";
import { dismissToasts } from "./toasts.js";

for (const upgrade of [openDialogs, fillAmounts, offerCopying, countCharacters, dismissToasts, switchThemes, keepTypedText, followHeader, weighFiles, pickRows, showDownloads, offerPrinting, followProgress, focusTarget, focusErrors]) {
  upgrade(document);
}
