-- After dbt_jira's int_jira__pivot_daily_field_history: the last value of a day of each
-- field, one column a field; what was set to nothing is marked, to tell it from what was
-- not touched.
{% set fields = ["status", "assignee", "priority", "sprint"] %}
with
    batch as (
        select issue_id, field_id, updated_at, string_agg(field_value, ', ') as field_value
        from multiselect_history
        group by all
    ),
    valid as (
        select
            *,
            lead(updated_at) over (
                partition by issue_id, field_id order by updated_at
            ) as valid_ending_at,
            updated_at::date as valid_starting_on
        from
            (
                select issue_id, field_id, updated_at, field_value
                from field_history
                union all
                select issue_id, field_id, updated_at, field_value
                from batch
            )
    ),
    ranked as (
        select
            *,
            row_number() over (
                partition by valid_starting_on, issue_id, field_id
                order by updated_at desc
            ) as place
        from valid
    )
select
    valid_starting_on,
    issue_id,
    {% for field in fields %}
        max(
            case when field_id = '{{ field }}' then coalesce(field_value, '-is_null') end
        ) as {{ field }},
    {% endfor %}
    md5(valid_starting_on::varchar || '-' || issue_id) as issue_day_id
from ranked
where place = 1
group by valid_starting_on, issue_id
