using AiMesh.Common.V1;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AiMesh.Gateway.OpenApi;

/// <summary>The protobuf files with their comments, as the build embedded them: the only source of the OpenAPI document.</summary>
internal sealed class Contract
{
    private const string Resource = "aimesh.protoset";

    // Field numbers within descriptor.proto, of which the paths of comments consist.
    private const int MessageInFile = 4;
    private const int EnumInFile = 5;
    private const int ServiceInFile = 6;
    private const int FieldInMessage = 2;
    private const int MessageInMessage = 3;
    private const int EnumInMessage = 4;
    private const int MethodInService = 2;
    private const int ValueInEnum = 2;

    private readonly Dictionary<string, MessageType> _messages = [];
    private readonly Dictionary<string, EnumType> _enums = [];
    private readonly List<Rpc> _rpcs = [];

    private Contract(FileDescriptorSet files)
    {
        foreach (var file in files.File)
            AddFile(file);
    }

    /// <summary>Served RPCs that have an HTTP binding, in the order of the files.</summary>
    public IReadOnlyList<Rpc> Rpcs => _rpcs;

    public static Contract Load()
    {
        using var stream = typeof(Access).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The contract assembly carries no resource {Resource}.");
        var registry = new ExtensionRegistry { AnnotationsExtensions.Http, AccessExtensions.Access, AccessExtensions.Stage };
        return new Contract(FileDescriptorSet.Parser.WithExtensionRegistry(registry).ParseFrom(stream));
    }

    /// <param name="typeName">As field descriptors name it: ".aimesh.data.v1.Item".</param>
    public MessageType Message(string typeName) => _messages[typeName];

    public EnumType Enum(string typeName) => _enums[typeName];

    private void AddFile(FileDescriptorProto file)
    {
        var comments = new Dictionary<string, string>();
        foreach (var location in file.SourceCodeInfo?.Location ?? [])
        {
            // A path may come twice (extension ranges do); the first is the one that is documented.
            if (location.HasLeadingComments)
                comments.TryAdd(string.Join('.', location.Path), Clean(location.LeadingComments));
        }

        var prefix = $".{file.Package}";

        for (var i = 0; i < file.MessageType.Count; i++)
            AddMessage(file.MessageType[i], prefix, $"{MessageInFile}.{i}", comments);
        for (var i = 0; i < file.EnumType.Count; i++)
            AddEnum(file.EnumType[i], prefix, $"{EnumInFile}.{i}", comments);
        for (var i = 0; i < file.Service.Count; i++)
        {
            for (var j = 0; j < file.Service[i].Method.Count; j++)
            {
                var method = file.Service[i].Method[j];
                if (method.Options is { } options && options.HasExtension(AnnotationsExtensions.Http) && options.GetExtension(AccessExtensions.Stage) != Stage.Planned)
                {
                    _rpcs.Add(new Rpc(file.Package, file.Service[i].Name, method, options.GetExtension(AnnotationsExtensions.Http),
                        options.GetExtension(AccessExtensions.Access), comments.GetValueOrDefault($"{ServiceInFile}.{i}.{MethodInService}.{j}")));
                }
            }
        }
    }

    private void AddMessage(DescriptorProto message, string prefix, string path, Dictionary<string, string> comments)
    {
        var name = $"{prefix}.{message.Name}";
        _messages[name] = new MessageType(name[1..], message, comments.GetValueOrDefault(path),
            [.. message.Field.Select((_, i) => comments.GetValueOrDefault($"{path}.{FieldInMessage}.{i}"))]);
        for (var i = 0; i < message.NestedType.Count; i++)
            AddMessage(message.NestedType[i], name, $"{path}.{MessageInMessage}.{i}", comments);
        for (var i = 0; i < message.EnumType.Count; i++)
            AddEnum(message.EnumType[i], name, $"{path}.{EnumInMessage}.{i}", comments);
    }

    private void AddEnum(EnumDescriptorProto type, string prefix, string path, Dictionary<string, string> comments)
    {
        var values = type.Value.Select((value, i) => comments.TryGetValue($"{path}.{ValueInEnum}.{i}", out var comment) ? $"{value.Name}: {comment}" : null);
        _enums[$"{prefix}.{type.Name}"] = new EnumType(type, comments.GetValueOrDefault(path), string.Join('\n', values.OfType<string>()));
    }

    /// <summary>Joins the lines of a paragraph, keeps empty lines.</summary>
    private static string Clean(string comment) =>
        string.Join("\n\n", comment.Trim().Split("\n\n").Select(paragraph => string.Join(' ', paragraph.Split('\n').Select(line => line.Trim()))));
}

internal sealed record MessageType(string FullName, DescriptorProto Descriptor, string? Comment, IReadOnlyList<string?> FieldComments);

internal sealed record EnumType(EnumDescriptorProto Descriptor, string? Comment, string ValueComments);

internal sealed record Rpc(string Package, string Service, MethodDescriptorProto Method, HttpRule Http, Access Access, string? Comment);
