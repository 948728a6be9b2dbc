{# Every value given exists in the other table. Nulls are allowed: what is unknown points nowhere. #}
{% test refers(model, column_name, to, field) %}
    select {{ column_name }}, count(*) as occurrences
    from {{ model }}
    where
        {{ column_name }} is not null
        and {{ column_name }} not in (select {{ field }} from {{ to }})
    group by all
{% endtest %}
