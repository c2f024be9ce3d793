namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>How messages are written as JSON. All are false by default.</summary>
public sealed class GrpcJsonSettings
{
    /// <summary>Whether fields without presence are left out when they hold their default value.</summary>
    public bool IgnoreDefaultValues { get; set; }

    /// <summary>Whether enums are written as numbers instead of names.</summary>
    public bool WriteEnumsAsIntegers { get; set; }

    /// <summary>
    /// Whether 64-bit integers are written as strings, as the protobuf JSON mapping has it. Numbers lose digits past 2^53 in
    /// JavaScript.
    /// </summary>
    public bool WriteInt64sAsStrings { get; set; }

    /// <summary>Whether JSON is indented. Streams never are: there a line is a message.</summary>
    public bool WriteIndented { get; set; }
}
