-- Running sums of plus and minus ones, one row where something moved: the counts hold
-- until the next row.
with
    daily as (
        select
            project_id,
            issue_type,
            flow_on,
            count(*) filter (where from_state = 'none') as arrived,
            count(*) filter (where is_first_start) as started,
            count(*) filter (where is_completion) as completed,
            {% for state in ["to_do", "in_progress", "done", "cancelled"] -%}
                count(*) filter (where to_state = '{{ state }}')
                - count(*) filter (where from_state = '{{ state }}') as {{ state }},
            {% endfor -%}
            max(recorded_at) as recorded_at,
            max(known_from) as known_from
        from {{ ref("int_delivery__flow_step") }}
        group by all
    )
select
    project_id,
    issue_type,
    flow_on,
    (lead(flow_on) over days - interval 1 day)::date as holds_to_on,
    arrived as arrived_count,
    started as started_count,
    completed as completed_count,
    {% for state in ["to_do", "in_progress", "done", "cancelled"] -%}
        (sum({{ state }}) over so_far)::bigint as {{ state }}_count,
    {% endfor -%}
    max(recorded_at) over so_far as recorded_at,
    max(known_from) over so_far as known_from
from daily
window
    days as (partition by project_id, issue_type order by flow_on),
    so_far as (
        partition by project_id, issue_type
        order by flow_on
        rows between unbounded preceding and current row
    )
