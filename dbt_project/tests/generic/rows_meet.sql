{#- Every row meets the rule, a SQL condition; a rule that comes out null is not met. -#}
{% test rows_meet(model, rule) %}
select *
from {{ model }}
where not coalesce(({{ rule }}), false)
{% endtest %}
