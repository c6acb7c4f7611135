"""Faults that the checker of invariants must see, written with SQL behind the back of constraints and triggers."""

from __future__ import annotations

FIRST_ON = (
    "INSERT INTO decision (id, request_id, verdict, decided_by, decided_by_label, decided_at, remarks, further_reasons,"
    " fields, basis) SELECT invoice_request.id + 2000, invoice_request.id, 'first_approve', app_user.id, 'Rita',"
    " invoice_request.submitted_at, '', '[]', '[]', '1' FROM invoice_request CROSS JOIN app_user"
    " WHERE invoice_request.state = '{state}' AND app_user.email LIKE 'rita@%'"
)
# Verdicts, and what refers to them.
VERDICTS = "decision bulk_item decision_checks"
# What the fault is -> (tables whose guards are lifted, statement, words of the sentence that must appear).
FAULTS: dict[str, tuple[str, str, str]] = {
    "an account's counter is off by a cent": (
        "account", "UPDATE account SET reserved = reserved + 1 WHERE code = 'lumen'", "its counters differ"),
    "an account forgot its debt": (
        "account", "UPDATE account SET debt = 0 WHERE debt > 0", "its invoice debt differs"),
    "an account forgot that it is short": (
        "account", "UPDATE account SET short = short + 1 WHERE code = 'lumen'", "counters differ from its entries"),
    "a line of the journal has gone": (
        "ledger_movement", "DELETE FROM ledger_movement WHERE kind = 'settle'", "its counters differ from its journal"),
    "a line of the journal was changed on both sides": (
        "ledger_movement", "UPDATE ledger_movement SET free = free + 1, reserved = reserved - 1 WHERE kind = 'reserve'",
        "counters differ from its journal"),
    "the journal makes money free that no recharge has": (
        "ledger_movement", "UPDATE ledger_movement SET free = free + 1, free_after = free_after + 1 WHERE id = 1",
        "free money of its journal differs"),
    "the last line of the journal tells a wrong balance": (
        "ledger_movement", "UPDATE ledger_movement SET free_after = free_after + 1", "differs from the sum of all"),
    "the journal lost its guard": (
        "ledger_movement", "UPDATE ledger_movement SET kind = kind", "the trigger ledger_movement"),
    "a day's sum is off by a cent": (
        "ledger_day", "UPDATE ledger_day SET amount = amount + 1", "differ from its entries"),
    "a day has gone": (
        "ledger_day", "DELETE FROM ledger_day WHERE kind = 'refund'", "differ from its entries"),
    "a day nobody paid on has a sum": (
        "ledger_day", "UPDATE ledger_day SET day = '2001-01-01' WHERE kind = 'refund'", "has sums without entries"),
    "a recharge was raised by a cent": (
        "ledger_entry", "UPDATE ledger_entry SET amount = amount + 1 WHERE external_id = 'R-1'", "its counters differ"),
    "a refund was forgotten": (
        "ledger_entry", "UPDATE ledger_entry SET applied = false WHERE kind = 'refund'", "differs from its refunds"),
    "an allocation was changed": (
        "ledger_allocation", "UPDATE ledger_allocation SET amount = amount - 1 WHERE id = 1",
        "its parts differ from its allocations"),
    "an allocation has gone": (
        "ledger_allocation", "DELETE FROM ledger_allocation WHERE state = 'open'", "do not add up to its amount"),
    "more was credited than invoiced": (
        "ledger_allocation", "UPDATE ledger_allocation SET credited = amount + 1 WHERE credited > 0",
        "more is credited than was invoiced"),
    "something was credited that is not invoiced": (
        "ledger_allocation", "UPDATE ledger_allocation SET credited = 1 WHERE state = 'open'",
        "more is credited than was invoiced"),
    "a credit was lowered by a cent": (
        "ledger_allocation", "UPDATE ledger_allocation SET credited = credited - 1 WHERE credited > 0",
        "differs from the journal"),
    "an account was not told of a credit": (
        "ledger_allocation", "UPDATE ledger_allocation SET credited = 0",
        "its counters differ from its entries and reservations"),
    "a credit left the journal": (
        "ledger_movement", "DELETE FROM ledger_movement WHERE kind = 'credit'", "differs from the journal"),
    "a credit is noted of another recharge": (
        "ledger_movement", "UPDATE ledger_movement SET entry_id = entry_id + 1 WHERE kind = 'credit'",
        "differs from the journal"),
    "nobody has the turn to lose": (
        "ledger_turn", "DELETE FROM ledger_turn", "whose turn it is is gone"),
    "a file that is no more has the turn": (
        "ledger_turn", "UPDATE ledger_turn SET file_id = 4711", "import 4711 has the turn"),
    "a request is short beside free money": (
        "account", "UPDATE account SET short = 1, recharged = recharged + 100 WHERE code = 'lumen'",
        "short although money is free"),
    "a reservation was released, its allocations were not": (
        "ledger_reservation ledger_allocation",
        "UPDATE ledger_reservation SET state = 'released' WHERE state = 'open'", "an allocation has another state"),
    "a number is missing": (
        "invoice invoice_line invoice_request credit_note credit_left credit_proposal official_record",
        "DELETE FROM invoice WHERE sequence = 2", "the last number taken is"),
    "a number was taken twice": (
        "invoice", "UPDATE invoice SET sequence = 1 WHERE sequence = 2", "more than once"),
    "a printed number was changed": (
        "invoice", "UPDATE invoice SET number = 'INV-1999-000001' WHERE sequence = 1", "of the same number"),
    "the series was turned back": (
        "invoice_series", "UPDATE invoice_series SET last_number = last_number - 1", "the last number taken is"),
    "an invoice is dated back": (
        "invoice", "UPDATE invoice SET issued_on = '2001-01-01' WHERE sequence = 2", "dated before the one in front"),
    "an invoice's total was changed": (
        "invoice", "UPDATE invoice SET gross = gross + 1, net = net + 1 WHERE sequence = 1", "request's amount differ"),
    "an invoice's line was changed": (
        "invoice_line", "UPDATE invoice_line SET tax = tax + 1 WHERE position = 1", "totals and the request's"),
    "an invoice lost its request": (
        "invoice_request", "UPDATE invoice_request SET invoice_id = NULL", "its request does not know it"),
    "nobody counts a series": (
        "invoice_series", "DELETE FROM invoice_series WHERE series = 'CN'", "nobody counts them"),
    "a series forgot its last date": (
        "invoice_series", "UPDATE invoice_series SET last_issued_on = '2001-01-01'", "yet it remembers 2001-01-01"),
    "a number has the wrong place": (
        "credit_note", "UPDATE credit_note SET number = 'CN-1999-000001' WHERE sequence = 1",
        "its place in its series"),
    "a request says another date than its invoice": (
        "invoice_request", "UPDATE invoice_request SET issued_on = '2001-01-01' WHERE state = 'issued'",
        "of the same number and date"),
    "what is printed was changed": (
        "invoice", "UPDATE invoice SET snapshot = (SELECT snapshot FROM invoice AS other WHERE other.sequence = 2)"
        " WHERE sequence = 1", "not what is counted"),
    "a document's length was changed": (
        "credit_note", "UPDATE credit_note SET pdf_size = pdf_size + 1", "another length"),
    "nobody was mailed an invoice": (
        "message", "DELETE FROM message WHERE template = 'issued'", "no mail brings its document"),
    "nobody was mailed a credit note": (
        "message", "DELETE FROM message WHERE template = 'credited'", "no mail brings its document"),
    "an issue left no trace": (
        "request_event", "DELETE FROM request_event WHERE kind = 'issued'", "does not say that it was issued"),
    "an issued invoice has no document": (
        "invoice", "UPDATE invoice SET pdf_sha256 = NULL WHERE sequence = 1", "without a whole invoice"),
    "a credit note is missing": (
        "credit_note credit_note_line", "DELETE FROM credit_note", "series CN-"),
    "a confirmation led to no credit note": (
        "credit_note credit_note_line", "DELETE FROM credit_note", "it is confirmed, and there is no credit note"),
    "a credit note's total was changed": (
        "credit_note", "UPDATE credit_note SET gross = gross + 1, net = net + 1", "its lines and its totals differ"),
    "a credit note was never confirmed": (
        "credit_proposal", "UPDATE credit_proposal SET state = 'open'", "not what was proposed and confirmed"),
    "a credit note takes more than was proposed": (
        "credit_proposal_line", "UPDATE credit_proposal_line SET gross = gross - 1",
        "not what was proposed and confirmed"),
    "one person made and checked a credit note": (
        "credit_proposal", "UPDATE credit_proposal SET decided_by = proposed_by", "one person proposed and decided"),
    "a line gave more than it had": (
        "credit_note_line", "UPDATE credit_note_line SET gross = gross + 100000, tax = tax + 100000",
        "more is credited of its line"),
    "a rate gave more tax than it had": (
        "credit_note_line credit_left", "UPDATE credit_note_line SET tax = tax + 100000, net = net - 100000",
        "more net or tax is credited of its rate 6.00%"),
    "what is left of a rate was changed": (
        "credit_left", "UPDATE credit_left SET net = net + 1", "is not what its lines leave"),
    "what is left of a rate was forgotten": ("credit_left", "DELETE FROM credit_left", "is not what its lines leave"),
    "a credit note took other money than the ledger": (
        "credit_note_line", "UPDATE credit_note_line SET gross = gross - 1, net = net - 1",
        "the ledger and the credit notes differ"),
    "a credit note is on another's invoice": (
        "credit_note", "UPDATE credit_note SET invoice_id = invoice_id - 1", "a line of it is of another invoice"),
    "credit notes lost their guard": (
        "credit_note_line", "UPDATE credit_note_line SET gross = gross", "the trigger credit_note_line"),
    "what was issued anew is followed by nothing": (
        "credit_reissue", "UPDATE credit_reissue SET request_id = NULL", "whether a request follows differ"),
    "a request follows what nobody confirmed": (
        "credit_proposal", "UPDATE credit_proposal SET state = 'open'", "whether a request follows differ"),
    "an invoice is issued anew for a stranger": (
        "credit_reissue", "UPDATE credit_reissue SET header_id = (SELECT min(id) FROM invoice_header)",
        "a header of another account"),
    "another request takes an invoice's place": (
        "credit_reissue", "UPDATE credit_reissue SET request_id = (SELECT min(id) FROM invoice_request)",
        "not what was to follow"),
    "more is issued anew than was taken back": (
        "invoice_request", "UPDATE invoice_request SET amount = amount + 1 WHERE submit_token LIKE 'reissue-%'",
        "not what was to follow"),
    "an invoice was issued anew and stands": (
        "credit_note credit_note_line", "DELETE FROM credit_note WHERE sequence = 2", "not all of it was taken back"),
    "the timeline forgot whose place a request takes": (
        "request_event", "UPDATE request_event SET data = '{}' WHERE kind = 'submitted'", "whose place it takes"),
    "somebody asks to correct what is not issued": (
        "correction_wish", "UPDATE correction_wish SET request_id = (SELECT id FROM invoice_request"
        " WHERE state = 'withdrawn')", "it is not issued"),
    "a correction to a stranger's header is asked for": (
        "correction_wish", "UPDATE correction_wish SET header_id = (SELECT min(id) FROM invoice_header)"
        " WHERE kind = 'reissue'", "another account's header"),
    "two corrections are asked for at once": (
        "correction_wish", "UPDATE correction_wish SET state = 'open', closed_at = NULL", "asked for at once"),
    "a wish left no trace": (
        "request_event", "DELETE FROM request_event WHERE kind = 'return_asked'", "that a correction was asked for"),
    "a wish outlived its credit note": (
        "correction_wish", "UPDATE correction_wish SET state = 'open', closed_at = NULL WHERE state = 'granted'",
        "is still open"),
    "a wish was granted by nothing": (
        "correction_wish", "UPDATE correction_wish SET state = 'granted' WHERE state = 'declined'",
        "granted by no credit note"),
    "a wish was granted by a part of the whole": (
        "correction_wish", "UPDATE correction_wish SET kind = 'return', header_id = NULL, request_id = (SELECT"
        " invoice.request_id FROM invoice JOIN credit_note ON credit_note.invoice_id = invoice.id WHERE"
        " invoice.gross > credit_note.gross), closed_at = (SELECT decided_at FROM credit_proposal JOIN credit_note ON"
        " credit_note.proposal_id = credit_proposal.id JOIN invoice ON invoice.id = credit_note.invoice_id WHERE"
        " invoice.gross > credit_note.gross) WHERE state = 'granted'", "granted by no credit note"),
    "a wish was granted by a reissue to another header": (
        "correction_wish", "UPDATE correction_wish SET header_id = (SELECT min(id) FROM invoice_header)"
        " WHERE state = 'granted'", "granted by no credit note"),
    "a wish was granted and nothing followed": (
        "credit_reissue", "UPDATE credit_reissue SET request_id = NULL", "granted by no credit note"),
    "a customer was not told that a wish was declined": (
        "message", "DELETE FROM message WHERE template = 'correction_declined'", "was not told"),
    "a verdict lost what the checks said": (
        "decision_checks", "DELETE FROM decision_checks WHERE decision_id = (SELECT max(id) FROM decision)",
        "what the checks said was not kept with it"),
    "the checks are younger than their verdict": (
        "decision_checks", "UPDATE decision_checks SET worked_out_at = '2199-01-01 00:00:00.000000'",
        "its checks are from after it"),
    "the checks said something else": (
        "decision_checks", "UPDATE decision_checks SET found = '[]'", "are not those that were kept with it"),
    "the checks are said to be older": (
        "decision_checks", "UPDATE decision_checks SET worked_out_at = '2020-01-01 00:00:00.000000'",
        "not those that were kept with it"),
    "the checks were taken out of their row": (
        "decision_checks", "UPDATE decision_checks SET worked_out_at = NULL, found = NULL, sha256 = NULL",
        "its checks are gone, and the audit log has them"),
    "the checks were exchanged with their fingerprint": (
        "decision_checks", "UPDATE decision_checks SET sha256 = 'f'", "the audit log has other checks of it"),
    "what the checks said lost its guard": (
        "decision_checks", "UPDATE decision_checks SET found = found", "the trigger decision_checks_"),
    "an issued request was never decided on": (
        VERDICTS, "DELETE FROM decision WHERE verdict = 'approve'", "without a decision in force"),
    "a rejection counts as approval": (
        "invoice_request", "UPDATE invoice_request SET state = 'approved' WHERE state = 'rejected'",
        "without a decision in force"),
    "two decisions are in force": (
        VERDICTS, "INSERT INTO decision SELECT * FROM decision WHERE verdict = 'approve'",
        "decisions are in force"),
    "a first approval nobody gave": (
        "invoice_request", "UPDATE invoice_request SET second_wanted_at = submitted_at WHERE state = 'pending'",
        "mark of a first approval"),
    "a first approval outlived its request's withdrawal": (
        VERDICTS, FIRST_ON.format(state="withdrawn"), "it is withdrawn, yet a first approval is in force"),
    "a first approval outlived its request's rejection": (
        VERDICTS, FIRST_ON.format(state="rejected"), "it is rejected, yet a first approval is in force"),
    "one person with four eyes": (
        VERDICTS,
        "INSERT INTO decision (id, request_id, verdict, decided_by, decided_by_label, decided_at, remarks,"
        " further_reasons, fields) SELECT id + 1000, request_id, 'first_approve', decided_by, decided_by_label,"
        " decided_at, remarks, further_reasons, fields FROM decision WHERE verdict = 'approve'",
        "one person gave both approvals"),
    "a hold without a question": (
        "invoice_request", "UPDATE invoice_request SET held_at = submitted_at WHERE state = 'pending'",
        "its hold and the questions"),
    "a promise moved by no hold": (
        "invoice_request", "UPDATE invoice_request SET paused_seconds = 60 WHERE state = 'pending'",
        "its clock stood still for another time"),
    "somebody decided on their own request": (
        VERDICTS, "UPDATE decision SET decided_by = (SELECT applicant_id FROM invoice_request"
        " WHERE invoice_request.id = decision.request_id)", "its applicant decided"),
    "a bulk action says that it did what nobody did": (
        "bulk_item", "UPDATE bulk_item SET outcome = 'done', reason = '' WHERE outcome = 'refused'",
        "and the verdicts on it differ"),
    "a bulk action forgot a verdict": (
        "bulk_item",
        "UPDATE bulk_item SET outcome = 'refused', reason = 'x', decision_id = NULL WHERE outcome = 'done'",
        "the audit log says that it acted"),
    "a bulk action names another's verdict": (
        "bulk_run", "UPDATE bulk_run SET started_by_id = (SELECT id FROM app_user WHERE email LIKE 'rita@%')",
        "and the verdicts on it differ"),
    "a bulk action is done too early": (
        "bulk_item", "UPDATE bulk_item SET outcome = NULL, done_at = NULL, reason = '' WHERE outcome = 'refused'",
        "some of its requests had no turn"),
    "a bulk action says that it left what it was to approve": (
        "bulk_item", "UPDATE bulk_item SET outcome = 'left' WHERE outcome = 'refused'", "which nobody asked for"),
    "a bulk action is about nothing": (
        "bulk_item", "DELETE FROM bulk_item", "it is about no request"),
    "a request's amount was changed": (
        "invoice_request", "UPDATE invoice_request SET amount = amount + 1 WHERE state = 'pending'",
        "its state and its reservation differ"),
    "a supporting file was lost": (
        "invoice_request", f"UPDATE invoice_request SET support_sha256 = '{'f' * 64}', support_name = 'order.pdf',"
        " support_type = 'application/pdf', support_size = 9 WHERE state = 'pending'", "is not in the store"),
    "a submission left no trace": (
        "request_event", "DELETE FROM request_event WHERE kind = 'submitted'", "does not say that it was submitted"),
    "a flag without its mark": (
        "invoice_request", "UPDATE invoice_request SET flagged_at = NULL", "overdue mark and its flags differ"),
    "a flag before its time": (
        "sla_flag", "UPDATE sla_flag SET due_at = '2199-01-01 00:00:00'", "flagged before it was due"),
    "a missed promise became a kept one": (
        "sla_outcome", "UPDATE sla_outcome SET verdict = 'missed' WHERE state = 'rejected'",
        "what became of its promise was written down otherwise"),
    "an outcome has gone": (
        "sla_outcome", "DELETE FROM sla_outcome WHERE state = 'withdrawn'", "of its promise is not written down"),
    "a day counts one request more": (
        "sla_day", "UPDATE sla_day SET issued = issued + 1", "differ from a recount"),
    "a day's figures have gone": (
        "sla_day", "DELETE FROM sla_day WHERE received > 0", "differ from a recount"),
    "what is open counts one request more": (
        "sla_backlog", "UPDATE sla_backlog SET number = number + 1", "what was open of"),
    "what is open has another sum": (
        "sla_backlog", "UPDATE sla_backlog SET amount = amount - 1", "what was open of"),
    "what is open is due on another day": (
        "sla_backlog", "UPDATE sla_backlog SET due_on = '2199-01-01'", "a recount finds"),
    "what waits for us stands still": (
        "sla_backlog", "UPDATE sla_backlog SET stage = 'paused' WHERE stage = 'pending'", "a recount finds"),
    "somebody works on what nobody claimed": (
        "sla_backlog", "UPDATE sla_backlog SET claimed_by_id = 1 WHERE claimed_by_id = 0", "a recount finds"),
    "a turnaround became shorter": (
        "sla_pace", "UPDATE sla_pace SET took = took + 1", "differs from a recount"),
    "a mail was accepted at no time": (
        "message", "UPDATE message SET accepted_at = NULL WHERE state = 'accepted'", "nobody knows when"),
    "two mails share a Message-ID": (
        "message", "UPDATE message SET message_id = '<same@example>'", "more than one message carries it"),
    "a mail was sent anew twice": (
        "message", "UPDATE message SET follows_id = 1 WHERE id > 1", "sent anew more than once"),
    "the calendar misses a year": (
        "calendar_year", "DELETE FROM calendar_year WHERE year = (SELECT max(year) FROM calendar_year)",
        "does not cover"),
    "a holiday was taken away": (
        "calendar_day", "DELETE FROM calendar_day WHERE kind = 'holiday'", "its days were changed"),
    "one person set the threshold": (
        "policy", "UPDATE policy SET set_by_id = 1, set_by = 'Ana' WHERE key = 'four_eyes_threshold'",
        "no second person confirmed it"),
    "the same person proposed and confirmed the tax": (
        "policy", "UPDATE policy SET set_by_id = 1, confirmed_by_id = 1 WHERE key = 'tax'",
        "no second person confirmed it"),
    "a proposal was turned down by its maker": (
        "policy", "UPDATE policy SET state = 'declined', set_by_id = 1, ended_by_id = 1 WHERE key = 'tax'",
        "who proposed it turned it down"),
    "a policy was taken back after it held": (
        "policy", "UPDATE policy SET state = 'withdrawn', ended_at = created_at WHERE key = 'minimum_amount'",
        "it was taken back after it held"),
    "a policy makes no sense": (
        "policy", "UPDATE policy SET value = '0' WHERE key = 'sla_business_days'", "its value is not usable"),
    "an audit event names nobody": (
        "audit_event", "UPDATE audit_event SET actor_label = ''", "does not say who did what"),
    "the audit log lost its guard": (
        "audit_event", "UPDATE audit_event SET reason = 'as if nothing had happened'", "the trigger audit_event"),
    "a sealed event was edited": (
        "audit_event", "UPDATE audit_event SET reason = 'as if' WHERE id = (SELECT max(last_event_id) FROM audit_seal)",
        "was edited after it was sealed"),
    "a sealed event has gone": (
        "audit_event", "DELETE FROM audit_event WHERE id = (SELECT max(first_event_id) FROM audit_seal)",
        "was deleted after it was sealed"),
    "a seal was edited": (
        "audit_seal", "UPDATE audit_seal SET events = events + 1 WHERE id = 2", "Seal 2 was edited"),
    "a seal has gone": (
        "audit_seal audit_head_mail", "DELETE FROM audit_seal WHERE id = 1",
        "the last seal is number 2, yet there are 1"),
    "the seals lost their guard": (
        "audit_seal", "UPDATE audit_seal SET form = form", "the trigger audit_seal"),
    "an auditor was not mailed the head of the log": (
        "message", "DELETE FROM message WHERE template = 'audit_head'", "1 were told, 0 mails were queued"),
    "nobody took the day on which the head was mailed": (
        "audit_head_mail", "DELETE FROM audit_head_mail", "nobody was told of it then"),
    "an invoice does not stand in the log": (
        "audit_event", "DELETE FROM audit_event WHERE action = 'invoice.issue' AND object_id LIKE '%1'",
        "does not stand in the audit log"),
    "an invoice of the log has gone": (
        "invoice invoice_line invoice_request credit_note credit_left credit_proposal official_record",
        "DELETE FROM invoice WHERE sequence = 2", "was issued by the audit log, and is gone"),
    "a document is another than the log says": (
        "credit_note", "UPDATE credit_note SET pdf_size = pdf_size + 1",
        "is not what the audit log says was issued"),
    "a customer without an account": (
        "app_user", "UPDATE app_user SET account_id = NULL", "only customers belong to an account"),
    "an account without a default header": (
        "invoice_header", "UPDATE invoice_header SET is_default = false", "of its headers are the default"),
    "a draft ended with another form's request": (
        "application_draft", "UPDATE application_draft SET submit_token = 'another' WHERE request_id IS NOT NULL",
        "was not made by it"),
    "a draft's file has gone": (
        "application_draft", f"UPDATE application_draft SET support_sha256 = '{'0' * 64}' WHERE request_id IS NULL",
        "its supporting file is not in the store"),
}  # fmt: skip
