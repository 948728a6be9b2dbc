{{ config(materialized="incremental", incremental_strategy="append") }}

-- The part of long changelogs that the issue itself does not carry.
with
    landed as (
        select *
        from {{ landed("jira", "issue_changelog") }}
        -- not asked of the opened record: a filter would open it a second time
        where not _deleted and json_extract_string(payload, '$.issueId') is not null
    ),
    opened as (
        select * exclude (payload), {{ parsed("jira", "issue_changelog") }} as record
        from landed
    )
select
    _site || ':' || record.issueid as issue_id,
    _site as site_id,
    _key as native_id,
    record.changehistories as histories,
    _known_at as known_from,
    _sync_id,
    _version_id,
    _commit_seq
from opened
