{# Travelling back: table macros of DuckDB beside the tables, here and in releases, that take any moment.             #}
{# `…_as_recorded(moment)`: what the sources had on record by then, however late it reached us. The clock of         #}
{# backtests. `…_as_known(moment)`: what had reached us by then, right or not. The clock of audits.                   #}
{% macro clocks() -%}
    {{ return({"recorded": "recorded_at", "known": "known_from"}) }}
{%- endmacro %}

{# One pair a register: the rows that stood in it, opened as its stream declares. #}
{% macro travelling_registers(versions, registers) -%}
    {%- for register in registers -%}
        {%- for word, clock in clocks().items() %}
create or replace macro {{ versions.schema }}.{{ register }}_as_{{ word }}(moment) as table
select
    record_id, site_id, version_number, recorded_at, known_from,
    unnest(json_transform(content, '{{ declared("registers", register) }}'))
from (
    select *
    from {{ versions.schema }}.{{ versions.identifier }}
    where register_name = '{{ register }}' and {{ clock }} <= moment
    qualify row_number() over (partition by record_id order by version_number desc) = 1
)
where not is_deleted;
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}

{# Issues: what each field held, and the issue as one row. Not of sets (components, versions), whose entries in a      #}
{# changelog add or remove one element, nor of what Jira keeps no history of: key, project.                            #}
{# Neither calls the other: DuckDB looks up what a macro calls when it is made, so a copy would hang on the order.     #}
{% macro travelling_issues(history, absence) -%}
    {%- set columns = {"issue_type": "issuetype", "status": "status", "priority": "priority", "resolution": "resolution", "summary": "summary", "assignee": "assignee"} -%}
    {%- for word, clock in clocks().items() %}
create or replace macro {{ history.schema }}.issue_field_as_{{ word }}(moment) as table
        {{ _fields_of_issues(history, absence, clock) }}
        ;
create or replace macro {{ history.schema }}.issue_as_{{ word }}(moment) as table
select
    issue_id,
        {%- for column, field in columns.items() %}
    max(value) filter (where field_id = '{{ field }}') as {{ column }},
        {%- endfor %}
    try_cast(max(value) filter (where field_id = 'duedate') as date) as due_on,
    max(recorded_at) as recorded_at,
    max(known_from) as known_from
from ({{ _fields_of_issues(history, absence, clock) }})
group by issue_id;
    {%- endfor -%}
{%- endmacro %}

{% macro _fields_of_issues(history, absence, clock) -%}
    select
        issue_id,
        field_id,
        field_name,
        to_id as value_id,
        to_value as value,
        changed_at as since_at,
        recorded_at,
        known_from
    from {{ history.schema }}.{{ history.identifier }}
    where
        {{ clock }} <= moment
        and field_id not in ('components', 'fixVersions', 'versions', 'issuelinks')
        and issue_id not in (
            select issue_id
            from {{ absence.schema }}.{{ absence.identifier }}
            where
                {{ clock }} <= moment and (returned_at is null or returned_at > moment)
        )
    qualify
        row_number() over (
            partition by issue_id, field_id
            order by
                changed_at desc,
                is_initial,
                _history_number desc,
                _item_index desc,
                change_id desc
        )
        = 1
{%- endmacro %}

{# Finish forecasts: the newest word on every subject. #}
{% macro travelling_forecasts(said) -%}
    {%- for word, clock in clocks().items() %}
create or replace macro {{ said.schema }}.schedule_forecast_as_{{ word }}(moment) as table
select *
from {{ said.schema }}.{{ said.identifier }}
where {{ clock }} <= moment
qualify
    row_number() over (
        partition by subject_type, subject_id order by as_of_on desc, known_from desc, model_id, inputs_hash
    )
    = 1;
    {%- endfor -%}
{%- endmacro %}

{# The registers, as the sources declare them. #}
{% macro register_names() -%}
    {{
        return(
            [
                "actual_cost",
                "assignment",
                "baseline",
                "benefit",
                "budget_line",
                "calendar",
                "capacity",
                "decision",
                "exchange_rate",
                "milestone",
                "objective",
                "person",
                "pmo_charter",
                "portfolio",
                "project",
                "project_objective",
                "risk",
                "status_mapping",
                "task",
                "team",
                "team_member",
                "waiver",
            ]
        )
    }}
{%- endmacro %}
