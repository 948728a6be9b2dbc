{# What a portfolio sets for itself: its currency, its hours, its thresholds. #}
{# The currency in which the portfolio reports. #}
{% macro reporting_currency() -%} '{{ var("reporting_currency") }}' {%- endmacro %}

{# Hours of a full working day, where no register says otherwise. #}
{% macro hours_per_day() -%} {{ var("hours_per_day") }}::decimal(9, 4) {%- endmacro %}

{# The share of the available hours above which somebody is overloaded. #}
{% macro overloaded_above() -%}
    {{ var("overloaded_above") }}::decimal(9, 4)
{%- endmacro %}

{# An amount in the reporting currency at a rate of fct_exchange_rate; without a rate it is unknown, never the same. #}
{% macro in_reporting_currency(amount, currency, rate) -%}
    cast(
        if(
            {{ currency }} = {{ reporting_currency() }},
            {{ amount }},
            {{ amount }} * {{ rate }}
        ) as decimal(18, 2)
    )
{%- endmacro %}

{# Joins `rate`, the rate into the reporting currency that holds on a day, for a row's `currency_code`; under another     #}
{# name where a row has amounts of several days.                                                                          #}
{% macro join_rate(row, day, name="rate") -%}
    left join
        {{ ref("fct_exchange_rate") }} as {{ name }}
        on {{ name }}.from_currency_code = {{ row }}.currency_code
        and {{ name }}.to_currency_code = {{ reporting_currency() }}
        and {{ day }} >= {{ name }}.rate_on
        and {{ day }} < coalesce({{ name }}.rate_until_on, date '9999-12-31')
{%- endmacro %}

{# Joins `project`, the project that a row of a register means; nothing where Jira has no project of that key. #}
{% macro join_project(row) -%}
    left join
        {{ ref("stg_jira__project") }} as project
        on project.site_id = {{ row }}.project_site_id
        and project.project_key = {{ row }}.project_key
        and not project.is_deleted
{%- endmacro %}
