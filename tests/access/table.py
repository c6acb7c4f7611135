"""Who may do what: one table of every route and every person.

Columns: an anonymous visitor, Ada and Lin of lumen, Bo of yunqi, the reviewers Rita and Rui, the manager Max, the
auditor Otto, the administrator Ana. Each cell is the status of the answer; `login` is the way to the sign-in page; two
where the examples differ. Addresses with an id are lumen's. A route that is not in the table fails.
"""

from __future__ import annotations

PEOPLE = ("nobody", "ada", "lin", "bo", "rita", "rui", "max", "otto", "ana")

#                                nobody ada lin bo  rita rui max otto ana
READING = """
accounts.home                    login 302 302 302 302 302 302 302 302
accounts.login                   200   302 302 302 302 302 302 302 302
accounts.settings                login 200 200 200 200 200 200 200 200
accounts.shortcuts               login 200 200 200 200 200 200 200 200
accounts.administration          login 403 403 403 403 403 403 403 200
accounts.new_user                login 403 403 403 403 403 403 403 200
accounts.show_user               login 403 403 403 403 403 403 403 200
accounts.customer_accounts       login 403 403 403 403 403 403 403 200
accounts.new_account             login 403 403 403 403 403 403 403 200
ledger.imports                   login 403 403 403 403 403 403 403 200
ledger.show_import               login 403 403 403 403 403 403 403 200
ledger.import_progress           login 403 403 403 403 403 403 403 200
ledger.problems_csv              login 403 403 403 403 403 403 403 200
ledger.conflict                  login 403 403 403 403 403 403 403 200
portal.invoices                  login 200 200 200 403 403 403 403 403
portal.export_invoices           login 200 200 200 403 403 403 403 403
portal.archive                   login 200 200 404 403 403 403 403 403
portal.bill                      login 200 200 200 403 403 403 403 403
portal.export_bill               login 200 200 200 403 403 403 403 403
portal.entries                   login 200 200 200 403 403 403 403 403
portal.export_entries            login 200 200 200 403 403 403 403 403
portal.entry                     login 200 200 404 403 403 403 403 403
portal.balance                   login 200 200 200 403 403 403 403 403
portal.statement                 login 200 200 200 403 403 403 403 403
portal.entry_part                login 200 200 404 403 403 403 403 403
portal.apply                     login 303 303 303/404 403 403 403 403 403
portal.application               login 200 200/303 200/303/404 403 403 403 403 403
portal.review_application        login 200 303 303 403 403 403 403 403
portal.invoice_request           login 200 200 404 403 403 403 403 403
portal.due                       login 200 200 404 403 403 403 403 403
portal.correction                login 200 200 404 403 403 403 403 403
portal.withdraw                  login 200 200 404 403 403 403 403 403
portal.correct                   login 200 200 404 403 403 403 403 403
portal.send_again                login 200 200 404 403 403 403 403 403
portal.answer                    login 200 200 404 403 403 403 403 403
portal.supporting_file           login 200 200 404 403 403 403 403 403
portal.download                  login 200 200 404 403 403 403 403 403
portal.credit_note               login 200 200 404 403 403 403 403 403
portal.download_xml              login 200 200 404 403 403 403 403 403
portal.official                  login 200 200 404 403 403 403 403 403
headers.list_headers             login 200 200 200 403 403 403 403 403
headers.new                      login 200 200 200 403 403 403 403 403
headers.edit                     login 200 200 404 403 403 403 403 403
headers.archive                  login 200 200 404 403 403 403 403 403
headers.restore                  login 200 200 404 403 403 403 403 403
headers.removed                  login 200 200 200 403 403 403 403 403
headers.history                  login 200 200 404 403 403 403 403 403
review.queue                     login 403 403 403 200 200 200 200 403
review.saved_views               login 403 403 403 200 200 200 200 403
review.saved_view                login 403 403 403 200 404 404 404 403
review.bulk_runs                 login 403 403 403 200 200 200 200 403
review.bulk_matching             login 403 403 403 200 200 403 403 403
review.new_bulk                  login 403 403 403 200/303 200/303 403 403 403
review.kept_bulk                 login 403 403 403 303 303 403 403 403
review.bulk_run                  login 403 403 403 200 404 200 200 403
review.bulk_progress             login 403 403 403 200 404 200 200 403
review.invoice_request           login 403 403 403 200 200 200 200 403
review.approve_form              login 403 403 403 200 200 403 403 403
review.reject_form               login 403 403 403 200 200 403 403 403
review.assign                    login 403 403 403 200 200 403 403 403
review.lookers                   login 403 403 403 200 200 200 200 403
review.hold                      login 403 403 403 200 200 403 403 403
review.return_to_queue           login 403 403 403 200 200 403 403 403
review.note                      login 403 403 403 200 200 403 403 403
review.due                       login 403 403 403 200 200 200 200 403
review.supporting_file           login 403 403 403 200 200 200 200 403
review.official                  login 403 403 403 200 200 403 403 403
review.official_file             login 403 403 403 200 200 200 200 403
review.document                  login 403 403 403 200 200 200 200 403
review.audit_pack                login 403 403 403 200 200 200 200 403
review.document_xml              login 403 403 403 200 200 200 200 403
review.draft                     login 403 403 403 200 200 200 200 403
review.credit                    login 403 403 403 200 200 403 403 403
review.decline_correction        login 403 403 403 200 200 403 403 403
review.reissue                   login 403 403 403 200 200 403 403 403
review.credit_proposal           login 403 403 403 200 200 200 200 403
review.credit_document           login 403 403 403 200 200 200 200 403
review.credit_pack               login 403 403 403 200 200 200 200 403
review.credit_register           login 403 403 403 200 200 200 200 200
review.work                      login 403 403 403 200 200 200 200 200
review.mail                      login 403 403 403 200 200 403 403 403
review.books                     login 403 403 403 200 200 200 200 200
review.export_books              login 403 403 403 200 200 200 200 200
review.journal                   login 403 403 403 200 200 200 200 200
review.register                  login 403 403 403 200 200 200 200 200
review.export_register           login 403 403 403 200 200 200 200 200
review.month_pack                login 403 403 403 200 200 200 200 200
review.numbers                   login 403 403 403 200 200 200 200 200
review.issuing                   login 403 403 403 200 200 200 200 200
review.export_numbers            login 403 403 403 200 200 200 200 200
review.accounts                  login 403 403 403 200 200 200 200 200
review.account                   login 403 403 403 200 200 200 200 200
review.account_statement         login 403 403 403 200 200 200 200 200
review.account_requests          login 403 403 403 200 200 200 200 200
review.account_entries           login 403 403 403 200 200 200 200 200
review.export_account_entries    login 403 403 403 200 200 200 200 200
review.entry                     login 403 403 403 200 200 200 200 200
review.entry_part                login 403 403 403 200 200 200 200 200
audit.log                        login 403 403 403 403 403 403 200 403
issuing.seller                   login 403 403 403 403 403 403 403 200
issuing.seller_logo              200   200 200 200 200 200 200 200 200
issuing.verify                   200   200 200 200 200 200 200 200 200
messages.mails                   login 403 403 403 200 200 200 200 200
messages.sample                  login 403 403 403 200 200 200 200 200
messages.sample_html             login 403 403 403 200 200 200 200 200
messages.document                200/303 200/303 200/303 200/303 200/303 200/303 200/303 200/303 200/303
messages.link_over               200   200 200 200 200 200 200 200 200
sla.dashboard                    login 403 403 403 403 403 200 200 200
sla.forecast                     login 403 403 403 403 403 200 200 200
sla.report_file                  login 403 403 403 403 403 200 200 200
sla.requests                     login 403 403 403 403 403 200 200 200
sla.calendar                     login 403 403 403 403 403 200 200 200
sla.policies                     login 403 403 403 403 403 403 200 200
sla.policy                       login 403 403 403 403 403 403 200 200
sla.policy_change                login 403 403 403 403 403 403 200 200
sla.operations                   login 403 403 403 403 403 200 200 200
sla.export_calendar              login 403 403 403 403 403 200 200 200
health.livez                     200   200 200 200 200 200 200 200 200
health.readyz                    200   200 200 200 200 200 200 200 200
health.show_metrics              200   200 200 200 200 200 200 200 200
delivery.mails                   200   200 200 200 200 200 200 200 200
delivery.mail                    200   200 200 200 200 200 200 200 200
delivery.html_part               200   200 200 200 200 200 200 200 200
delivery.attachment              200   200 200 200 200 200 200 200 200
dev_components.show              200   200 200 200 200 200 200 200 200
static                           200   200 200 200 200 200 200 200 200
"""

# Sent with a good token and otherwise empty: whoever may is told what is missing or too late, or it is done.
CHANGING = """
accounts.login                   400   302 302 302 302 302 302 302 302
accounts.set_preferences         302   302 302 302 302 302 302 302 302
accounts.save_settings           login 400 400 400 400 400 400 400 400
accounts.save_mails              login 403 403 403 403 403 302 403 403
accounts.change_password         login 400 400 400 400 400 400 400 400
accounts.sign_out_everywhere     login 302 302 302 302 302 302 302 302
accounts.new_user                login 403 403 403 403 403 403 403 400
accounts.reset_password          login 403 403 403 403 403 403 403 400
accounts.deactivate_user         login 403 403 403 403 403 403 403 302
accounts.reactivate_user         login 403 403 403 403 403 403 403 302
accounts.new_account             login 403 403 403 403 403 403 403 400
ledger.upload                    login 403 403 403 403 403 403 403 400
ledger.cancel_import             login 403 403 403 403 403 403 403 303
ledger.confirm_source            login 403 403 403 403 403 403 403 303
ledger.conflict                  login 403 403 403 403 403 403 403 400
messages.send_test               login 403 403 403 303 303 403 403 303
portal.application               login 303 404 404 403 403 403 403 403
portal.discard_application       login 303 303 303 403 403 403 403 403
portal.restore_application       login 303 303 303 403 403 403 403 403
portal.review_application        login 303 303 303 403 403 403 403 403
portal.correction                login 422 422 404 403 403 403 403 403
portal.withdraw_correction       login 303 303 404 403 403 403 403 403
portal.withdraw                  login 303 303 404 403 403 403 403 403
portal.correct                   login 303 303 404 403 403 403 403 403
portal.send_again                login 422 422 404 403 403 403 403 403
portal.answer                    login 303 303 404 403 403 403 403 403
headers.new                      login 422 422 422 403 403 403 403 403
headers.edit                     login 422 422 404 403 403 403 403 403
headers.make_default             login 303 303 404 403 403 403 403 403
headers.archive                  login 303 303 404 403 403 403 403 403
headers.restore                  login 422 422 404 403 403 403 403 403
review.saved_views               login 403 403 403 422 422 422 422 403
review.saved_view                login 403 403 403 422 404 404 404 403
review.forget_view               login 403 403 403 303 404 404 404 403
review.new_bulk                  login 403 403 403 303 303 403 403 403
review.start_bulk                login 403 403 403 303 303 403 403 403
review.stop_bulk                 login 403 403 403 303 404 403 403 403
review.undo_bulk                 login 403 403 403 303 404 403 403 403
review.approve                   login 403 403 403 409 409 403 403 403
review.reject                    login 403 403 403 409 409 403 403 403
review.draft_rejection           login 403 403 403 303 303 403 403 403
review.draft_bulk_rejection      login 403 403 403 303 303 403 403 403
review.looking                   login 403 403 403 200 200 200 403 403
review.change_issuing            login 403 403 403 422 422 422 403 422
review.retry_issue               login 403 403 403 303 303 403 403 403
review.mend_mail                 login 403 403 403 422 422 403 403 403
review.end_link                  login 403 403 403 303 303 403 403 403
review.propose_credit            login 403 403 403 422 422 403 403 403
review.sum_credit                login 403 403 403 200 200 403 403 403
review.decline_correction        login 403 403 403 422 422 403 403 403
review.reissue                   login 403 403 403 422 422 403 403 403
review.confirm_credit            login 403 403 403 409 409 403 403 403
review.decline_credit            login 403 403 403 422 422 403 403 403
review.withdraw_credit           login 403 403 403 409 403 403 403 403
review.retry_credit              login 403 403 403 303 303 403 403 403
review.assign                    login 403 403 403 422 422 403 403 403
review.hold                      login 403 403 403 409 409 403 403 403
review.resume                    login 403 403 403 409 409 403 403 403
review.undo                      login 403 403 403 409 403 403 403 403
review.return_to_queue           login 403 403 403 422 422 403 403 403
review.official                  login 403 403 403 409 409 403 403 403
review.note                      login 403 403 403 422 422 403 403 403
review.claim                     login 403 403 403 409 409 403 403 403
review.release                   login 403 403 403 303 303 403 403 403
review.touch                     login 403 403 403 409 409 403 403 403
review.claim_next                login 403 403 403 303 303 403 403 403
audit.prove                      login 403 403 403 403 403 403 200 403
issuing.seller                   login 403 403 403 403 403 403 403 422
sla.change_days                  login 403 403 403 403 403 403 403 422
sla.import_calendar              login 403 403 403 403 403 403 403 422
sla.change_policy                login 403 403 403 403 403 403 403 422
sla.confirm_policy               login 403 403 403 403 403 403 403 303
sla.decline_policy               login 403 403 403 403 403 403 403 409
sla.take_back_policy             login 403 403 403 403 403 403 403 422
issuing.preview_seller           login 403 403 403 403 403 403 403 200
issuing.check                    422   422 422 422 422 422 422 422 422
issuing.check_document           422   422 422 422 422 422 422 422 422
dev_components.show              200   200 200 200 200 200 200 200 200
accounts.sign_out                login login login login login login login login login
"""


def rows(table: str) -> dict[str, list[str]]:
    """Endpoint -> expected outcome by person."""
    return {cells[0]: cells[1:] for line in table.strip().splitlines() if (cells := line.split())}
