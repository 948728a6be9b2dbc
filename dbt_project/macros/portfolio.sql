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

{# Joins `rate`, the rate into the reporting currency that holds on a day, for a row's `currency_code`. #}
{% macro join_rate(row, day) -%}
    left join
        {{ ref("fct_exchange_rate") }} as rate
        on rate.from_currency_code = {{ row }}.currency_code
        and rate.to_currency_code = {{ reporting_currency() }}
        and {{ row }}.{{ day }} >= rate.rate_on
        and {{ row }}.{{ day }} < coalesce(rate.rate_until_on, date '9999-12-31')
{%- endmacro %}
