{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="issue_id",
        post_hook="delete from {{ this }} where step_id is null",
    )
}}
{% set mark = watermark() if is_incremental() else {} %}

-- Who went from where to where on which day: the plus and minus ones that counts of
-- work are summed up from. The last way into done is the one that stands.
with
    {% if is_incremental() %}
        touched as (
            select issue_id from {{ ref("dim_issue") }} where {{ rewritten(mark) }}
        ),
    {% endif %}
    issue as (
        select issue_id, project_id, issue_type, status_category, is_cancelled
        from {{ ref("dim_issue") }}
        where is_leaf and not is_deleted and {{ only_touched() }}
    ),
    step as (
        select
            step.interval_id,
            issue.*,
            step._previous_category as from_state,
            step.status_category as to_state,
            step.valid_from,
            step.recorded_at,
            step.known_from,
            to_state = 'in_progress' and row_number() over ways = 1 as is_first_start,
            issue.status_category = 'done'
            and to_state = 'done'
            and lead(step._position) over ways is null as is_last
        from {{ ref("fct_issue_status_interval") }} as step
        inner join issue using (issue_id)
        where step.status_category <> step._previous_category
        window ways as (partition by issue_id, step.status_category order by _position)
    )
select
    interval_id as step_id,
    issue_id,
    project_id,
    issue_type,
    {{ local_day("valid_from") }} as flow_on,
    from_state,
    if(is_last and is_cancelled, 'cancelled', to_state) as to_state,
    is_first_start,
    is_last and not is_cancelled as is_completion,
    recorded_at,
    known_from,
    {{ tide([ref("dim_issue")]) }} as _commit_seq,
    {{ as_of() }} as _as_of
from step
{% if is_incremental() %}
    union all by name
    -- what is no scope any more takes its old rows along
    select touched.issue_id
    from touched
    where touched.issue_id not in (select issue.issue_id from issue)
{% endif %}
