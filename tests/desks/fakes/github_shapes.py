"""What GitHub's REST API shows: accounts, repositories, issues, comments, changes, each with all it has."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

Plain = dict[str, Any]
REPOSITORY = "octo-org/shop"
API, WEB = "https://api.github.com", "https://github.com"
_PERSON = (
    "followers", "following{/other_user}", "gists{/gist_id}", "starred{/owner}{/repo}", "subscriptions",
    "organizations=orgs", "repos", "events{/privacy}", "received_events",
)  # fmt: skip
_OF_REPOSITORY = (
    "archive=/{archive_format}{/ref}", "assignees{/user}", "blobs=git/blobs{/sha}", "branches{/branch}",
    "collaborators{/collaborator}", "comments{/number}", "commits{/sha}", "compare/{base}...{head}",
    "contents/{+path}", "contributors", "deployments", "downloads", "events", "forks",
    "git_commits=git/commits{/sha}", "git_refs=git/refs{/sha}", "git_tags=git/tags{/sha}", "hooks",
    "issue_comment=issues/comments{/number}", "issue_events=issues/events{/number}", "issues{/number}",
    "keys{/key_id}", "labels{/name}", "languages", "merges", "milestones{/number}",
    "notifications{?since,all,participating}", "pulls{/number}", "releases{/id}", "stargazers",
    "statuses/{sha}", "subscribers", "subscription", "tags", "teams", "trees=git/trees{/sha}",
)  # fmt: skip


def _addresses(base: str, names: tuple[str, ...]) -> Plain:
    """`labels{/name}` is `labels_url` at `BASE/labels{/name}`; `repos=x` is `repos_url` at `BASE/x`."""
    made = {}
    for told in names:
        name, _, path = told.partition("=")
        first = name.partition("{")[0].partition("/")[0]
        made[f"{first}_url"] = f"{base}/{path or name}"
    return made


def person(login: str, kind: str = "User") -> Plain:
    """An account as GitHub shows it beside what it did."""
    name = quote(login)  # robots are called `name[bot]`
    return {
        "login": login,
        "id": len(login) * 1000 + ord(login[0]),
        "node_id": "MDQ6VXNlcjE=",
        "avatar_url": "https://avatars.githubusercontent.com/u/1?v=4",
        "gravatar_id": "",
        "url": f"{API}/users/{name}",
        "html_url": f"{WEB}/{name}",
        **_addresses(f"{API}/users/{name}", _PERSON),
        "type": kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def account(login: str) -> Plain:
    """An account as GitHub shows it to itself."""
    unset = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    made = {"created_at": "2025-11-01T09:00:00Z", "updated_at": "2025-12-01T09:00:00Z"}
    return {**person(login), **unset, "blog": "", **counts, **made}


def repository(**more: Any) -> Plain:
    """The repository `octo-org/shop`."""
    owner, _, name = REPOSITORY.partition("/")
    counts = (
        "forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
        "watchers_count", "network_count", "subscribers_count",
    )  # fmt: skip
    has = ("issues", "projects", "wiki", "pages", "downloads", "discussions")
    return {
        "id": 1296269,
        "node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5",
        "name": name,
        "full_name": REPOSITORY,
        "owner": person(owner, "Organization"),
        "private": False,
        "html_url": f"{WEB}/{REPOSITORY}",
        "url": f"{API}/repos/{REPOSITORY}",
        **_addresses(f"{API}/repos/{REPOSITORY}", _OF_REPOSITORY),
        "clone_url": f"{WEB}/{REPOSITORY}.git",
        "git_url": f"git:github.com/{REPOSITORY}.git",
        "ssh_url": f"git@github.com:{REPOSITORY}.git",
        "svn_url": f"{WEB}/{REPOSITORY}",
        **dict.fromkeys(("description", "homepage", "language", "mirror_url", "license")),
        **dict.fromkeys(counts, 0),
        **{f"has_{each}": True for each in has},
        **dict.fromkeys(("fork", "archived", "disabled"), False),
        "default_branch": "main",
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), "2025-12-01T09:00:00Z"),
        **more,
    }


def issue(number: int, **more: Any) -> Plain:
    """An issue as GitHub shows it."""
    url = f"{API}/repos/{REPOSITORY}/issues/{number}"
    label = {"id": 1, "node_id": "MDU6TGFiZWwx", "url": f"{API}/repos/{REPOSITORY}/labels/bug"}
    return {
        "id": 444_500_000 + number,
        "node_id": f"MDU6SXNzdWU{number}",
        "number": number,
        "title": "The shop does not start",
        "user": person("customer-9"),
        "labels": [{**label, "name": "bug", "color": "d73a4a", "default": True, "description": None}],
        "state": "open",
        "state_reason": None,
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": 0,
        "created_at": "2026-01-02T03:00:00Z",
        "updated_at": "2026-01-02T03:00:00Z",
        "closed_at": None,
        "author_association": "NONE",
        "body": "It says ERROR boom.",
        "url": url,
        "html_url": f"{WEB}/{REPOSITORY}/issues/{number}",
        "repository_url": f"{API}/repos/{REPOSITORY}",
        **_addresses(url, ("comments", "events", "labels{/name}")),
        **more,
    }


def comment(comment_id: int, number: int, body: str, by: Plain, **more: Any) -> Plain:
    """A comment on an issue."""
    return {
        "id": comment_id,
        "node_id": f"MDEyOklzc3VlQ29tbWVudDE{comment_id}",
        "url": f"{API}/repos/{REPOSITORY}/issues/comments/{comment_id}",
        "issue_url": f"{API}/repos/{REPOSITORY}/issues/{number}",
        "html_url": f"{WEB}/{REPOSITORY}/issues/{number}#issuecomment-{comment_id}",
        "user": by,
        "author_association": "NONE",
        "body": body,
        **more,
    }


def change(event: str, at: str, by: str, change_id: int = 1) -> Plain:
    """An entry in the history of an issue."""
    return {
        "id": change_id,
        "node_id": f"MDEwOklzc3VlRXZlbnQx{change_id}",
        "url": f"{API}/repos/{REPOSITORY}/issues/events/{change_id}",
        "actor": person(by),
        "event": event,
        "commit_id": None,
        "commit_url": None,
        "created_at": at,
        "performed_via_github_app": None,
    }
