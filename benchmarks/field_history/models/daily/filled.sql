-- After dbt_jira's int_jira__field_history_scd: what a field holds is carried on to the
-- days on which another one changes.
{% set fields = ["status", "assignee", "priority", "sprint"] %}
with
    batched as (
        select
            *,
            {% for field in fields %}
                sum(case when {{ field }} is null then 0 else 1 end) over (
                    partition by issue_id
                    order by valid_starting_on
                    rows unbounded preceding
                ) as {{ field }}_batch{{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("pivoted") }}
    )
select
    valid_starting_on,
    issue_id,
    issue_day_id,
    {% for field in fields %}
        first_value({{ field }}) over (
            partition by issue_id, {{ field }}_batch
            order by valid_starting_on
            rows between unbounded preceding and current row
        ) as {{ field }}{{ "," if not loop.last }}
    {% endfor %}
from batched
