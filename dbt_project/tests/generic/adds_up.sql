{# Parts that add up to a total, to a hundredth; a part that is null does not. #}
{% test adds_up(model, total, parts) %}
    select *
    from {{ model }}
    where coalesce(abs({{ parts | join(" + ") }} - {{ total }}), 1) >= 0.01
{% endtest %}
