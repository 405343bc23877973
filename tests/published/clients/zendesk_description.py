"""Ask a Zendesk with `python-zendesk`, which is made from Zendesk's own description of its API.

Its models refuse answers that are not as described; the answers are told as it understood them.
"""

import json
import sys

from zendesk import Zendesk
from zendesk.models import Security

told = json.load(sys.stdin)
number, start = told["ticket"], told["start"]
who = Security(username=f"{told['email']}/token", password=told["token"])
asked = {"ticket_id": number, "include": "users", "page_size": 100}


def pages(answer, name):
    """The items of all pages."""
    found = []
    while answer is not None:
        found += getattr(answer.result, name)
        answer = answer.next()
    return found


def plain(model):
    """What was understood, as JSON."""
    return model.model_dump(mode="json")


with Zendesk(security=who, server_url=told["url"]) as client:
    export = client.incremental_export.incremental_ticket_export_cursor
    exported = [export(start_time=start)]
    while not exported[-1].end_of_stream:
        exported.append(export(start_time=start, cursor=exported[-1].after_cursor))
    comments = client.ticket_comments.list_ticket_comments
    update = client.tickets.update_ticket
    words = {"html_body": told["said"]}
    answers = {
        "me": plain(client.users.show_current_user())["user"],
        "exported": [plain(each) for page in exported for each in page.tickets],
        "listed": [plain(each) for each in pages(client.tickets.list_tickets(page_size=1), "tickets")],
        "ticket": plain(client.tickets.show_ticket(ticket_id=number))["ticket"],
        "comments": [plain(each) for each in pages(comments(**asked), "comments")],
        "newest": [
            each.id
            for each in pages(comments(ticket_id=number, sort="-created_at", page_size=100), "comments")
        ],
        "audits": [
            plain(each)
            for each in pages(
                client.ticket_audits.list_audits_for_ticket(ticket_id=number, page_size=100), "audits"
            )
        ],
        "note": plain(update(ticket_id=number, ticket={"comment": {**words, "public": False}})),
        "reply": plain(update(ticket_id=number, ticket={"comment": {**words, "public": True}})),
    }
json.dump(answers, sys.stdout)
