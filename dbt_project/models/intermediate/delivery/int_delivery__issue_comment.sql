{{ config(materialized="view") }}
select
    site_id || ':' || comment.id as comment_id,
    issue_id,
    project_id,
    site_id || ':' || comment.author_id as author_id,
    comment.body,
    comment.document,
    comment.created_at,
    comment.updated_at
from
    (
        select issue_id, site_id, project_id, unnest(comments) as comment
        from {{ ref("int_delivery__issue_content") }}
    )
