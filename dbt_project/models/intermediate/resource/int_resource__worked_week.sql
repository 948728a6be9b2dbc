{{ config(materialized="view") }}

-- What people logged, on whichever of their accounts.
select
    account.person_id,
    date_trunc('week', worklog.worked_on)::date as week_on,
    sum(worklog.spent_seconds)::bigint as spent_seconds,
    max(worklog.recorded_at) as recorded_at,
    max(worklog.known_from) as known_from
from {{ ref("fct_worklog") }} as worklog
inner join
    {{ ref("bridge_person_account") }} as account
    on account.account_id = worklog.author_id
group by all
