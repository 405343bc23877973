"""Ask a GitLab what a support desk is asked, with `python-gitlab`; read deliveries with another's models."""

import json
import sys

from gitlab import Gitlab
from pydantic_gitlab_webhooks import validate_event_body_dict

told = json.load(sys.stdin)
answers = {"events": [validate_event_body_dict(each).model_dump(mode="json") for each in told["deliveries"]]}
if told["url"]:
    site = Gitlab(told["url"], private_token=told["token"])
    notes = site.projects.get(42, lazy=True).issues.get(23, lazy=True).notes
    answers["listed"] = [
        [note.author["id"], note.internal, note.body]
        for note in notes.list(iterator=True, per_page=100, order_by="created_at", sort="desc")
    ]
    answers["note"] = notes.create({"body": told["said"], "internal": True}).internal
    answers["reply"] = notes.create({"body": told["said"]}).internal
json.dump(answers, sys.stdout)
