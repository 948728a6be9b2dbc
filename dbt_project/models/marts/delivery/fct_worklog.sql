{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="worklog_id",
        post_hook="delete from {{ this }} where _is_gone",
    )
}}
{% set mark = watermark() if is_incremental() else {} %}

-- The newest content by the source's clock; that it is gone goes by the order of
-- observation. What was booked on an issue that is deleted is gone with it.
with
    {% if is_incremental() %}
        touched as (
            select worklog_id
            from {{ ref("stg_jira__worklog") }}
            where
                _commit_seq > {{ mark["commit_seq"] }}
                or recorded_at > timestamp '{{ mark["as_of"] }}'
            union
            select worklog_id
            from {{ ref("stg_jira__worklog") }}
            where
                issue_id in (
                    select issue_id
                    from {{ ref("dim_issue") }}
                    where {{ rewritten(mark) }}
                )
        ),
    {% endif %}
    version as (
        select
            *,
            last_value(is_deleted) over observed as is_gone,
            min(known_from) over same as first_known_from
        from {{ ref("stg_jira__worklog") }}
        where
            recorded_at <= {{ as_of() }}
            {% if is_incremental() %}
                and worklog_id in (select worklog_id from touched)
            {% endif %}
        window
            observed as (
                partition by worklog_id
                order by known_from, _sync_id, is_deleted, _version_id
                rows between unbounded preceding and unbounded following
            ),
            same as (partition by worklog_id, updated_at, is_deleted)
    ),
    latest as (
        select *
        from version
        where not is_deleted
        qualify
            row_number() over (
                partition by worklog_id
                order by recorded_at desc, known_from desc, _sync_id desc, _version_id
            )
            = 1
    )
select
    worked.worklog_id,
    worked.site_id,
    worked.issue_id,
    issue.project_id,
    worked.author_id,
    worked.started_at,
    {{ local_day("worked.started_at") }} as worked_on,
    worked.spent_seconds::bigint as spent_seconds,
    worked.comment_text,
    worked.started_at as valid_from,
    worked.recorded_at,
    worked.first_known_from as known_from,
    {{ tide([ref("stg_jira__worklog"), ref("dim_issue")]) }} as _commit_seq,
    {{ as_of() }} as _as_of,
    worked.is_gone or coalesce(issue.is_deleted, false) as _is_gone
from latest as worked
left join {{ ref("dim_issue") }} as issue on issue.issue_id = worked.issue_id
