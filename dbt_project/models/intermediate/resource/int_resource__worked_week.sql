{{ config(materialized="view") }}

-- What people logged, by the newest content of each entry; that an entry is gone goes
-- by the order of observation.
with
    version as (
        select
            *,
            last_value(is_deleted) over (
                partition by worklog_id
                order by known_from, _sync_id, is_deleted, _version_id
                rows between unbounded preceding and unbounded following
            ) as is_gone
        from {{ ref("stg_jira__worklog") }}
        where {{ recorded_to_date("recorded_at") }}
    ),
    entry as (
        select *
        from version
        where not is_deleted and not is_gone
        qualify
            row_number() over (
                partition by worklog_id
                order by recorded_at desc, known_from desc, _sync_id desc, _version_id
            )
            = 1
    )
select
    account.person_id,
    date_trunc('week', {{ local_day("entry.started_at") }})::date as week_on,
    sum(entry.spent_seconds)::bigint as spent_seconds,
    max(entry.recorded_at) as recorded_at,
    max(entry.known_from) as known_from
from entry
inner join
    {{ ref("bridge_person_account") }} as account
    on account.account_id = entry.author_id
group by all
