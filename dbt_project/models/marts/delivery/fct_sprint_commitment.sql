{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="issue_id",
        post_hook="delete from {{ this }} where _is_gone",
    )
}}
{% set mark = watermark() if is_incremental() else {} %}
{% set never = "timestamp '9999-12-31'" %}

-- What became of every issue that was in a sprint after its start.
with
    {% if is_incremental() %}
        touched as (
            select issue_id
            from {{ ref("dim_issue") }}
            where {{ rewritten(mark) }}
            union
            select issue_id
            from {{ ref("int_delivery__issue_membership") }}
            where
                member_id in (
                    select sprint_id
                    from {{ ref("int_delivery__sprint_window") }}
                    where
                        _commit_seq > {{ mark["commit_seq"] }}
                        or moved_at > timestamp '{{ mark["as_of"] }}'
                )
        ),
    {% endif %}
    stay as (
        select * from {{ ref("int_delivery__sprint_stay") }} where {{ only_touched() }}
    ),
    worked as (
        select
            sprint_id,
            stay.issue_id,
            arg_max(step.status_category, step._position) = 'done' as is_done,
            max(step.valid_from) filter (
                where
                    step.status_category = 'done' and step._previous_category <> 'done'
            ) as done_at
        from stay
        inner join
            {{ ref("fct_issue_status_interval") }} as step
            on step.issue_id = stay.issue_id
            and step.valid_from <= stay.until_at
        group by all
    ),
    met as (
        select
            sprint_id,
            issue_id,
            project_id,
            starts_at,
            until_at,
            is_done,
            done_at,
            bool_or(valid_from <= starts_at) as is_in_at_start,
            min(greatest(valid_from, starts_at)) as joined_at,
            bool_or(coalesce(valid_to, until_at) >= until_at) as is_in_at_end,
            max(valid_to) as left_at,
            bool_or(
                done_at between valid_from and coalesce(valid_to, done_at)
            ) as is_done_inside,
            max(known_from) as known_from
        from stay
        inner join worked using (sprint_id, issue_id)
        group by all
    ),
    estimated as (
        select
            met.sprint_id,
            met.issue_id,
            arg_max_null(guess.story_points, guess.place) filter (
                where guess.valid_from <= met.joined_at
            ) as start_story_points,
            arg_max_null(guess.story_points, guess.place) filter (
                where
                    guess.valid_from <= if(met.is_in_at_end, met.until_at, met.left_at)
            ) as end_story_points
        from met
        inner join
            {{ ref("int_delivery__issue_estimate") }} as guess
            on guess.issue_id = met.issue_id
        group by all
    ),
    judged as (
        select
            * exclude (done_at),
            if(is_in_at_end, null, left_at) as removed_at,
            case
                when not is_in_at_end
                then 'removed'
                when not is_done
                then 'not_completed'
                when is_done_inside and done_at >= coalesce(starts_at, done_at)
                then 'completed'
                else 'completed_elsewhere'
            end as outcome,
            if(outcome like 'completed%', done_at, null) as done_at
        from met
    )
select
    sprint_id,
    issue_id,
    project_id,
    starts_at as frozen_at,
    is_in_at_start as is_committed,
    not is_in_at_start as is_added,
    outcome = 'removed' as is_removed,
    outcome = 'completed' as is_completed,
    outcome = 'not_completed' and until_at < {{ never }} as is_carried_over,
    outcome,
    until_at = {{ never }} as is_provisional,
    done_at,
    start_story_points,
    end_story_points,
    joined_at as valid_from,
    removed_at as valid_to,
    greatest(joined_at, removed_at, done_at) as recorded_at,
    known_from,
    {{ tide([ref("dim_issue"), ref("int_delivery__issue_membership"), ref("int_delivery__sprint_window")]) }}
    as _commit_seq,
    {{ as_of() }} as _as_of,
    false as _is_gone
from judged
left join estimated using (sprint_id, issue_id)
{% if is_incremental() %}
    union all by name
    -- an issue that is in no sprint any more takes its old rows along
    select 'gone' as sprint_id, touched.issue_id, true as _is_gone
    from touched
    where touched.issue_id not in (select judged.issue_id from judged)
{% endif %}
