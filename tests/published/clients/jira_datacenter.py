"""Ask a Jira Data Center what a support desk is asked, with `jira` and `atlassian-python-api`."""

import json
import sys

from atlassian import ServiceDesk
from jira import JIRA

told = json.load(sys.stdin)
issue_id, said = told["issue"], told["said"]
site = JIRA(server=told["url"], token_auth=told["token"], get_server_info=False, max_retries=0)
desk = ServiceDesk(url=told["url"], token=told["token"], cloud=False)
listed = site.search_issues(told["jql"], fields=told["fields"], expand="changelog", maxResults=20)
issue = site.issue(issue_id, fields=told["fields"], expand="changelog")
may = site.my_permissions(projectKey="SUP", permissions="ADD_COMMENTS")
(file,) = issue.fields.attachment
answers = {
    "me": site.myself()["key"],
    "may": may["permissions"]["ADD_COMMENTS"]["havePermission"],
    "desks": [each["projectKey"] for each in desk.get_service_desks(fetch_all=False)],
    "listed": [
        {
            "id": each.id,
            "key": each.key,
            "subject": each.fields.summary,
            "reporter": each.fields.reporter.key,
            "status": each.fields.status.statusCategory.key,
            "changes": [item.field for change in each.changelog.histories for item in change.items],
        }
        for each in listed
    ],
    "description": issue.fields.description,
    "file": [file.filename, file.size, file.get().decode()],
    "comments": [
        [each.author.key, each.body, each.raw["properties"][-1]["value"]["internal"]]
        for each in site.comments(issue_id, expand="properties", start_at=0, max_results=50)
    ],
    "requests": [
        [each["author"]["key"], each["body"], each["public"]]
        for each in desk.get_request_comments(issue_id, public=True, internal=True)
    ],
    "for a role": site.add_comment(issue_id, said, visibility={"type": "role", "value": "Developers"}).id,
    "public": site.add_comment(issue_id, said).body,
    "internal": desk.create_request_comment(issue_id, said, public=False)["public"],
    "replied": desk.create_request_comment(issue_id, said, public=True)["public"],
}
json.dump(answers, sys.stdout)
