{{ config(materialized="view") }}
-- From when to when a sprint ran, as of as_of. One that was reopened runs again,
-- whatever end it had.
select
    sprint_id,
    starts_at,
    if(state = 'closed', coalesce(completed_at, ends_at), null) as ended_at,
    if(ended_at <= {{ as_of() }}, ended_at, timestamp '9999-12-31') as until_at,
    state <> 'future'
    and coalesce(starts_at, completed_at, known_from) <= {{ as_of() }} as is_started,
    greatest(starts_at, ended_at, known_from) as moved_at,
    _commit_seq
from {{ ref("dim_sprint") }}
