{{- /* The operator's settings: the names are those of docs/reference/operator.md. */}}
{{- define "fairlead.environment" -}}
FAIRLEAD_OPERATOR_RELEASE: {{ .Release.Name | quote }}
FAIRLEAD_OPERATOR_NAMESPACE: {{ .Release.Namespace | quote }}
{{- with .Values.watch.namespaces }}
FAIRLEAD_OPERATOR_WATCH: {{ join "," . | quote }}
{{- end }}
FAIRLEAD_OPERATOR_PORT: "8080"
FAIRLEAD_OPERATOR_LEASE_SECONDS: {{ .Values.operator.leaseSeconds | quote }}
FAIRLEAD_OPERATOR_RELIST_SECONDS: {{ .Values.operator.relistSeconds | quote }}
FAIRLEAD_OPERATOR_REQUESTS: {{ .Values.operator.requests | quote }}
FAIRLEAD_OPERATOR_OBSERVE: {{ .Values.operator.observe }}
FAIRLEAD_OPERATOR_LOG_LEVEL: {{ .Values.operator.logLevel }}
FAIRLEAD_OPERATOR_LOG_FORMAT: {{ .Values.operator.logFormat }}
FAIRLEAD_RUNNER_IMAGE: {{ include "fairlead.image" (list . .Values.runners.image) | quote }}
FAIRLEAD_RUNNER_IMAGE_PULL_POLICY: {{ .Values.runners.image.pullPolicy }}
{{- with .Values.runners.pullSecrets }}
FAIRLEAD_RUNNER_IMAGE_PULL_SECRETS: {{ join "," . | quote }}
{{- end }}
{{- with include "fairlead.namespaceRunners" . }}
FAIRLEAD_OPERATOR_NAMESPACE_RUNNERS: {{ . | quote }}
{{- end }}
{{- with .Values.jobs.fairShares }}
FAIRLEAD_OPERATOR_NAMESPACE_SHARES: {{ include "fairlead.pairs" . | quote }}
{{- end }}
FAIRLEAD_RUNNER_LOAD_SECONDS: {{ .Values.runners.loadSeconds | quote }}
{{- with include "fairlead.storeUrl" . }}
FAIRLEAD_RUNNER_STORE: {{ . | quote }}
{{- end }}
{{- with include "fairlead.storeSecret" . }}
FAIRLEAD_RUNNER_STORE_SECRET: {{ . | quote }}
{{- end }}
{{- with .Values.store.claim }}
FAIRLEAD_RUNNER_STORE_CLAIM: {{ . | quote }}
FAIRLEAD_RUNNER_STORE_MOUNT: {{ $.Values.store.mount | quote }}
{{- end }}
{{- end }}

{{- /* How many runners namespaces may have: "50,research=20"; nothing without any limit. */}}
{{- define "fairlead.namespaceRunners" -}}
{{- $each := .Values.jobs.maxRunnersPerNamespace }}
{{- $limits := list }}
{{- if not (kindIs "invalid" $each) }}
{{- $limits = list (toString (int $each)) }}
{{- end }}
{{- with .Values.jobs.maxRunners }}
{{- $limits = append $limits (include "fairlead.pairs" .) }}
{{- end }}
{{- join "," $limits }}
{{- end }}

{{- /* A map of numbers as "name=1,other=2". */}}
{{- define "fairlead.pairs" -}}
{{- $pairs := list }}
{{- range $name, $number := . }}
{{- $pairs = append $pairs (printf "%s=%d" $name (int $number)) }}
{{- end }}
{{- join "," $pairs }}
{{- end }}
