"""Ask a Zendesk with Zenpy, a client that many use and that knows more parameters than the description."""

import json
import sys

import requests
from requests.adapters import HTTPAdapter
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment

told = json.load(sys.stdin)


class Plainly(HTTPAdapter):
    """The client asks https://SUBDOMAIN.zendesk.com alone; the desk of a test is elsewhere."""

    def send(self, request, **kwargs):
        elsewhere = request.copy()
        elsewhere.url = request.url.replace("https://acme.zendesk.com", told["url"], 1)
        response = super().send(elsewhere, **kwargs)
        response.request = request
        return response


def said(comment):
    """A comment as it was understood."""
    files = [[file.file_name, file.size, session.get(file.content_url).text] for file in comment.attachments]
    return [comment.author_id, comment.public, comment.body, files]


session = requests.Session()
session.mount("https://", Plainly())
client = Zenpy(
    subdomain="acme", email=told["email"], token=told["token"], session=session, disable_cache=True
)
number = told["ticket"]
changed = client.tickets.incremental(start_time=told["start"], paginate_by_time=False, per_page=100)
audits = client.tickets.audits(number)
ticket = client.tickets(id=number)
answers = {
    "me": client.users.me().role,
    "changed": [[each.id, each.subject, each.status, each.requester_id] for each in changed],
    "comments": [said(each) for each in client.tickets.comments(number)],
    "changes": [
        [audit.author_id, event["field_name"], event["previous_value"], event["value"]]
        for audit in audits
        for event in audit.events
    ],
}
answers["written"] = []
for public in (False, True):
    ticket.comment = Comment(html_body=told["said"], public=public)
    answers["written"].append([event["public"] for event in client.tickets.update(ticket).audit.events])
json.dump(answers, sys.stdout)
