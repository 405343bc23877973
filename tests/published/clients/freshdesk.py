"""Ask a Freshdesk what a support desk is asked, with `python-freshdesk`."""

import json
import sys

from freshdesk.api import API

told = json.load(sys.stdin)
site = API("acme.freshdesk.com", told["key"])
site._api_prefix = f"{told['url']}/api/v2/"  # it knows no other host than Freshdesk's
comments, number = site.comments, told["ticket"]
answers = {
    "listed": [[each.user_id, each.private, each.body] for each in comments.list_comments(number)],
    "note": comments.create_note(number, told["said"], private=True).private,
    "reply": comments.create_reply(number, told["said"]).private,
}
json.dump(answers, sys.stdout)
