{{ config(materialized="incremental", incremental_strategy="append") }}

-- Comments of issues whose own list came short, page by page, every landed version.
with
    landed as (select * from {{ landed("jira", "issue_comment") }}),
    opened as (
        select * exclude (payload), {{ parsed("jira", "issue_comment") }} as record
        from landed
    )
select
    _site || ':' || record.issueid as issue_id,
    _site as site_id,
    _key as native_id,
    record.comments,
    _source_updated_at as issue_updated_at,
    _known_at as known_from,
    _sync_id,
    _version_id,
    _commit_seq
from opened
where not _deleted and record.issueid is not null
