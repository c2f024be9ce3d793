using Google.Protobuf.Reflection;

namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>The page of who may call what speaks of every RPC, every route and every field, and of nothing that is not there.</summary>
public sealed class OracleTests
{
    [Fact]
    public void EveryRpc_HasARow_AndEveryRowAnRpc()
    {
        var missing = ContractCall.All.Where(static call => !Oracle.Instance.Rpcs.ContainsKey(call.Name)).Select(HowToAdd);
        var left = Oracle.Instance.Rpcs.Keys.Except(ContractCall.All.Select(static call => call.Name)).Select(static name => $"{name} is in who-may-call.md but not in the protos: take its row out.");
        Assert.Equal("", string.Join('\n', missing.Concat(left)));
    }

    [Fact]
    public void EveryRoute_StandsInTheRowOfItsRpc()
    {
        foreach (var call in ContractCall.All.Where(static call => Oracle.Instance.Rpcs.ContainsKey(call.Name)))
            Assert.Equal(call.Routes.Select(static route => route.ToString()), Oracle.Instance.Rpcs[call.Name].Routes);
    }

    [Fact]
    public void EveryTextFieldOfARequest_NamesAThing_OrIsSaidToNameNothing()
    {
        var unknown = new List<string>();
        foreach (var call in ContractCall.All)
        {
            var names = Oracle.Instance.Rpcs.TryGetValue(call.Name, out var row) ? row.Names.Select(static field => field.Path).ToHashSet() : [];
            unknown.AddRange(TextFields(call.Method.InputType, "", []).Where(path => !names.Contains(path) && !IsFreeText(call, path))
                .Select(path => $"{call.Name}: {path}. Put it under 'names' of the row if it names something of an organisation, else under 'Fields that name nothing'."));
        }

        Assert.True(unknown.Count == 0, string.Join('\n', unknown));
    }

    internal static string HowToAdd(ContractCall call) =>
        $"tests/Mesh.Tests/Authorization/who-may-call.md has no row for {call.Name}. Think who may call it, then add: "
        + $"| {call.Name} | {string.Join(", ", call.Routes)} | - | - | - | yes | - | - | - | |";

    private static bool IsFreeText(ContractCall call, string path) => Oracle.Instance.FreeText.Contains($"{call}:{path}") || Oracle.Instance.FreeText.Contains(path)
        || Oracle.Instance.FreeText.Contains(path.Split('.')[^1]);

    private static IEnumerable<string> TextFields(MessageDescriptor type, string prefix, IReadOnlyList<MessageDescriptor> within)
    {
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            var inner = field.FieldType == FieldType.Message && !field.IsMap && IsOurs(field.MessageType) && !within.Contains(field.MessageType)
                ? TextFields(field.MessageType, $"{prefix}{field.Name}.", [.. within, type])
                : [];
            foreach (var path in field.FieldType == FieldType.String || field.IsMap ? [prefix + field.Name] : inner)
                yield return path;
        }
    }

    private static bool IsOurs(MessageDescriptor type) => type.File.Package.StartsWith("aimesh.", StringComparison.Ordinal);
}
