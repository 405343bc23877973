"""Ask a Chatwoot what a support desk is asked, with Chatwoot's own library: its models check the answers."""

import json
import sys

from chatwoot import ChatwootClient

told = json.load(sys.stdin)
account, number, words = told["account"], told["conversation"], told["said"]


def plain(models):
    """What was understood, as JSON."""
    return [each.model_dump(mode="json") for each in models]


with ChatwootClient(base_url=told["url"], api_token=told["token"]) as client:
    messages, conversations = client.messages, client.conversations
    answers = {
        "me": client.profile.get().model_dump(mode="json"),
        "listed": plain(conversations.list(account, status="all")),
        "conversation": plain([conversations.get(account, number)])[0],
        "messages": plain(messages.list(account, number)),
        "note": plain([messages.create(account, number, words, private=True)])[0],
        "reply": plain([messages.create(account, number, words)])[0],
    }
json.dump(answers, sys.stdout)
