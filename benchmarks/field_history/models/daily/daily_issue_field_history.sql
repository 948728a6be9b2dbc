-- After dbt_jira's jira__daily_issue_field_history: the days of the spine, on which
-- every field holds the last value it was given.
{% set fields = ["status", "assignee", "priority", "sprint"] %}
with
    joined as (
        select
            spine.date_day,
            spine.issue_id,
            {% for field in fields %}
                filled.{{ field }}{{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("spine") }} as spine
        left join
            {{ ref("filled") }} as filled
            on filled.issue_id = spine.issue_id
            and filled.valid_starting_on = spine.date_day
    ),
    batched as (
        select
            *,
            {% for field in fields %}
                sum(case when {{ field }} is null then 0 else 1 end) over (
                    partition by issue_id order by date_day rows unbounded preceding
                ) as {{ field }}_batch{{ "," if not loop.last }}
            {% endfor %}
        from joined
    ),
    carried as (
        select
            date_day,
            issue_id,
            {% for field in fields %}
                first_value({{ field }}) over (
                    partition by issue_id, {{ field }}_batch
                    order by date_day
                    rows between unbounded preceding and current row
                ) as {{ field }}{{ "," if not loop.last }}
            {% endfor %}
        from batched
    )
select
    date_day,
    issue_id,
    {% for field in fields %}
        nullif({{ field }}, '-is_null') as {{ field }},
    {% endfor %}
    md5(date_day::varchar || '-' || issue_id) as issue_day_id
from carried
