{{ config(materialized="view") }}
-- Whose change alters what an issue shows: its parent and grandparent (the epic
-- above), its
-- children (that it has any), and what it waits for (whether that is open).
select issue_id, parent_issue_id as kin_issue_id
from {{ ref("int_delivery__issue_parent") }}
union
select issue_id, grandparent_issue_id
from {{ ref("int_delivery__issue_parent") }}
where grandparent_issue_id is not null
union
select parent_issue_id, issue_id
from {{ ref("int_delivery__issue_parent") }}
union
select successor_issue_id, predecessor_issue_id
from {{ ref("int_delivery__issue_link") }}
where issue_id = successor_issue_id
