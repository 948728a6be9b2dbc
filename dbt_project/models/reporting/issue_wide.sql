{{ config(materialized="view", contract={"enforced": false}) }}
{%- set own = ["issue_id", "issue_key", "project_id", "project_key", "is_deleted"] %}
{%- set columns = wide_columns(ref("fct_issue_field_value"), ref("dim_field"), own) %}

-- Issues with a column for every field in use: the list is made at each build, from the
-- fields as they are then.
with
    held as (
        select
            issue_id
            {%- for column in columns %}
                ,
                max({{ wide_value(column["kind"]) }}) filter (
                    where field_key in ({{ column["field_keys"] }})
                ) as {{ adapter.quote(column["name"]) }}
            {%- endfor %}
        from {{ ref("fct_issue_field_value") }}
        group by issue_id
    )
select
    {% for column in own -%}
        issue.{{ column }}{{ "," if columns or not loop.last }}
    {% endfor -%}
    {% for column in columns -%}
        held.{{ adapter.quote(column["name"]) }}{{ "," if not loop.last }}
    {% endfor -%}
from {{ ref("dim_issue") }} as issue
left join held using (issue_id)
