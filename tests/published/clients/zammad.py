"""Ask a Zammad what a support desk is asked, with the libraries `zammad_py` and `zammadoo`."""

import json
import sys

from zammad_py import ZammadAPI
from zammadoo import Client

told = json.load(sys.stdin)
number, url = told["ticket"], f"{told['url']}/api/v1"
words = {"body": told["said"], "content_type": "text/html", "type": "note"}
plain = ZammadAPI(url=url, http_token=told["token"])
found = plain.ticket.search(
    told["query"], filters={"per_page": 100, "sort_by": "created_at", "order_by": "asc"}
)
whole = plain.ticket_article_attachment.download(told["file"], told["article"], number)
client = Client(url, http_token=told["token"])
ticket = client.tickets(number)
answers = {
    "me": plain.user.me()["login"],
    "listed": [each["id"] for each in plain.ticket.all(filters={"per_page": 1})],
    "found": [[each["id"], each["title"], each["state"], each["customer"]] for each in found],
    "articles": [
        [each["created_by"], each["sender"], each["internal"], each["body"]]
        for each in plain.ticket.articles(number)
    ],
    "file": whole.decode(),
    "ticket": [ticket.title, ticket.created_at.isoformat(), ticket["state_id"]],
    "as objects": [
        [
            each.body,
            each.internal,
            [[file.filename, file.size, file.read_text()] for file in each.attachments],
        ]
        for each in ticket.articles
    ],
    "note": plain.ticket_article.create({"ticket_id": number, **words, "internal": True})["internal"],
    "reply": client.ticket_articles.create(number, **words, internal=False).internal,
}
json.dump(answers, sys.stdout)
