{{- /*
A pod that runs one of the operator's programs once. Arguments: the root, what it is for, the
program, its arguments, and the name of its account.
*/}}
{{- define "fairlead.chore" -}}
{{- $root := index . 0 -}}
restartPolicy: Never
serviceAccountName: {{ index . 4 | quote }}
enableServiceLinks: false
{{- with $root.Values.operator.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with $root.Values.operator.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.operator.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "fairlead.podSecurity" $root | nindent 2 }}
containers:
  - name: {{ index . 1 }}
    image: {{ include "fairlead.image" (list $root $root.Values.operator.image) | quote }}
    imagePullPolicy: {{ $root.Values.operator.image.pullPolicy }}
    command: [python3, -m, {{ index . 2 }}]
    {{- with index . 3 }}
    args:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    resources:
      requests:
        cpu: 10m
        memory: 64Mi
      limits:
        memory: 256Mi
    securityContext:
      {{- include "fairlead.containerSecurity" $root | nindent 6 }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
{{- end }}

{{- /*
The annotations of what exists only while a hook runs. Arguments: the hook, its weight, and
what else is to be said of its deletion. What fails stays to be looked at, but for its rights.
*/}}
{{- define "fairlead.hook" -}}
helm.sh/hook: {{ index . 0 }}
helm.sh/hook-weight: {{ index . 1 | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-output-log-policy: hook-failed{{ if eq (index . 0) "test" }},hook-succeeded{{ end }}
{{- end }}
