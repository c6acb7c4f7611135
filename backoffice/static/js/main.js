// Upgrades of pages that already work without any script. Each module looks for its own data attributes.
import { fillAmounts } from "./amounts.js";
import { takeAsidesBack } from "./asides.js";
import { offerCopying } from "./copy.js";
import { countCharacters } from "./counters.js";
import { openDialogs } from "./dialogs.js";
import { showDownloads } from "./downloads.js";
import { takeDroppedFiles } from "./drops.js";
import { focusErrors, focusTarget } from "./errors.js";
import { weighFiles } from "./files.js";
import { followHeader } from "./header-defaults.js";
import { keepTypedText } from "./keep.js";
import { followTyping } from "./live.js";
import { showWhoLooks, tellWhoLooks } from "./looking.js";
import { openPalette } from "./palette.js";
import { pickRows } from "./picking.js";
import { offerPrinting } from "./printing.js";
import { followProgress } from "./progress.js";
import { followRejections } from "./rejection.js";
import { walkRows } from "./rows.js";
import { fillSheets } from "./sheets.js";
import { bindKeys } from "./shortcuts.js";
import { switchThemes } from "./theme.js";
import { dismissToasts } from "./toasts.js";
import { followTrail } from "./trail.js";

const UPGRADES = [takeAsidesBack, openDialogs, fillAmounts, offerCopying, countCharacters, dismissToasts, switchThemes, keepTypedText, followHeader, followRejections, tellWhoLooks, showWhoLooks, weighFiles, takeDroppedFiles, followTyping, pickRows, showDownloads, offerPrinting, followProgress, focusTarget, focusErrors, bindKeys, fillSheets, openPalette, followTrail, walkRows];

// What a module brings into the page later is upgraded like the page itself.
function upgrade(root) {
  for (const each of UPGRADES) each(root, upgrade);
}

upgrade(document);
