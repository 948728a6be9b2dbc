{{ config(materialized="incremental", incremental_strategy="append") }}

-- Every version of every worklog; a deletion arrives as a version that is deleted and
-- otherwise empty.
with
    landed as (select * from {{ landed("jira", "worklog") }}),
    opened as (
        select * exclude (payload), {{ parsed("jira", "worklog") }} as record
        from landed
    )
select
    _site || ':' || _key as worklog_id,
    _site as site_id,
    _key as native_id,
    _site || ':' || record.issueid as issue_id,
    _site || ':' || {{ account("record.author") }} as author_id,
    _site || ':' || {{ account("record.updateauthor") }} as update_author_id,
    {{ text_of("record.comment") }} as comment_text,
    record.comment as comment_document,
    {{ utc("record.started") }} as started_at,
    record.timespentseconds as spent_seconds,
    {{ utc("record.created") }} as created_at,
    {{ utc("record.updated") }} as updated_at,
    _deleted as is_deleted,
    coalesce(_source_updated_at, {{ utc("record.updated") }}, _known_at) as recorded_at,
    _known_at as known_from,
    _sync_id,
    _version_id,
    _commit_seq
from opened
