{{ config(materialized="view") }}
select
    site_id || ':' || attachment.id as attachment_id,
    issue_id,
    project_id,
    site_id || ':' || {{ account("attachment.author") }} as author_id,
    {{ readable("attachment.filename") }} as file_name,
    attachment.mimetype as media_type,
    attachment.size as size_bytes,
    {{ utc("attachment.created") }} as created_at
from
    (
        select issue_id, site_id, project_id, unnest(attachments) as attachment
        from {{ ref("int_delivery__issue_content") }}
    )
where attachment.id is not null
