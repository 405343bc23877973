"""Setting up a Jira desk: what is asked, and the steps at Jira."""

from __future__ import annotations

from hercules.desks.desk import Question, Setup

SETUP = Setup(
    title="Jira Service Management or Jira, Cloud or Data Center",
    questions=(
        Question("edition", "Which Jira?", default="cloud", choices=("cloud", "datacenter")),
        Question(
            "service_desk",
            "Is the project one of Jira Service Management?",
            default="true",
            choices=("true", "false"),
        ),
        Question("base_url", "Address of Jira, for example https://acme.atlassian.net"),
        Question("user", "Mail address of Hercules' account (Data Center: leave empty)", optional=True),
        Question("token", "API token of that account (Data Center: personal access token)", secret=True),
        Question("bot_ids", "Id of that account (accountId, at a Data Center its key)", many=True),
        Question("projects", "Keys of the projects to look at, for example SUP", many=True, optional=True),
        Question(
            "proof",
            "How does Jira prove its deliveries? (url-secret: a Data Center whose webhooks have no secret)",
            default="hub-sha256",
            choices=("hub-sha256", "url-secret"),
        ),
    ),
    steps=(
        "As a Jira administrator open System > WebHooks (Data Center: Administration > System > WebHooks) "
        "and create a webhook.",
        "URL: {hook_url}",
        "{by_proof}",
        "JQL filter: the projects of this desk, for example  project in (SUP)",
        "Events: Issue created, Issue updated, Comment created. Leave 'Exclude body' unticked.",
        "Give the account of Hercules the permissions Browse projects and Add comments; for notes at Jira "
        "Service Management make it an agent of the project.",
    ),
    secret="text",
    secret_forms={"hub-sha256": "text", "url-secret": "path"},
    by_proof={
        "hub-sha256": "Secret: {secret}",
        "url-secret": "Leave the field for the secret empty, if there is one: it is the end of the URL.",
    },
    docs="docs/desks/jira.md",
)
