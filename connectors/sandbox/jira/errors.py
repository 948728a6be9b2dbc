"""Jira's way of saying no: a status and a list of messages."""

from __future__ import annotations


class JiraError(Exception):
    """Answered as Jira's ErrorCollection with this status."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(*messages)
        self.status = status
        self.messages = list(messages)

    def body(self) -> dict[str, object]:
        return {"errorMessages": self.messages, "errors": {}}


GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline "
    "is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
NO_ISSUE = "Issue does not exist or you do not have permission to see it."
BAD_TOKEN = "The provided next page token is invalid or has expired."  # noqa: S105 - a message, not a secret
UNAUTHENTICATED = "Client must be authenticated to access this resource."
