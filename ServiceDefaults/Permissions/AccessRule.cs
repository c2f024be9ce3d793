using AiMesh.Common.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>What the contract says about one RPC.</summary>
/// <param name="Requirement">Who may call.</param>
/// <param name="IsPlanned">The RPC is not served yet.</param>
internal sealed record AccessRule(AccessRequirement<IMessage?> Requirement, bool IsPlanned)
{
    /// <summary>Reads the options of a method; where they are missing or malformed: null and what is wrong.</summary>
    public static AccessRule? TryRead(MethodDescriptor method, out string? problem)
    {
        var access = method.GetOptions()?.GetExtension(AccessExtensions.Access);
        var isPlanned = method.GetOptions()?.GetExtension(AccessExtensions.Stage) == Stage.Planned;
        problem = null;
        switch (access?.RequirementCase)
        {
            case Access.RequirementOneofCase.Anonymous when access.Anonymous:
                return new AccessRule(AccessRequirement<IMessage?>.Anyone(), isPlanned);

            case Access.RequirementOneofCase.Authenticated when access.Authenticated:
                return new AccessRule(AccessRequirement<IMessage?>.Authenticated(access.Devices), isPlanned);

            case Access.RequirementOneofCase.Permission:
                var template = PermissionTemplate<IMessage?>.TryCompile(access.Permission, field => ReaderOf(method, field), out problem);
                if (template is null) return null;
                if (!method.IsClientStreaming || template.IsFixed)
                    return new AccessRule(AccessRequirement<IMessage?>.Holder(template, access.Devices), isPlanned);
                problem = $"the permission '{template}' names a field, but the RPC starts before its first request message";
                return null;

            default:
                problem = "the option (aimesh.common.v1.access) is missing or says nothing";
                return null;
        }
    }

    // The accessor is a compiled delegate, so no reflection happens per call.
    private static Func<IMessage?, string?>? ReaderOf(MethodDescriptor method, string field) =>
        method.InputType.FindFieldByName(field) is { FieldType: FieldType.String, IsRepeated: false, IsMap: false } descriptor
            ? message => (string?)descriptor.Accessor.GetValue(message)
            : null;
}
