{{ config(materialized="view") }}
-- What relatives decide about an issue, for those of whom they decide anything: that it
-- has children, and that it waits for an open issue.
select issue_id, has_children, is_waiting
from {{ issue_standing() }}
