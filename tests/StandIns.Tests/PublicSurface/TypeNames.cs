using System.Reflection;

namespace AiMesh.StandIns.Tests.PublicSurface;

/// <summary>Writes types as C# does, without namespaces: <c>Task&lt;string&gt;</c>, <c>int?</c>, <c>Metadata.Entry</c>.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(char)] = "char",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    /// <summary>Short form, for types in signatures.</summary>
    public static string Of(Type type)
    {
        if (type.IsByRef)
            return Of(type.GetElementType()!);
        if (type.IsArray)
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Of(value) + "?";
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (type.IsGenericType && type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
            return $"({string.Join(", ", type.GetGenericArguments().Select(Of))})";
        return type.IsGenericParameter ? type.Name : Nested(type, type.GetGenericArguments());
    }

    /// <summary>Full form, for the type a line is about.</summary>
    public static string Full(Type type) => string.IsNullOrEmpty(type.Namespace) ? Of(type) : $"{type.Namespace}.{Of(type)}";

    /// <summary>Constraints as C# writes them, each with a leading blank.</summary>
    public static string Constraints(Type[] parameters) => string.Concat(parameters.Select(Constraint));

    // A nested type repeats the parameters of the type around it; each name shows only those it adds.
    private static string Nested(Type type, Type[] arguments)
    {
        var outer = type.DeclaringType is { } declaring ? Nested(declaring, arguments) + "." : "";
        var inherited = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        var own = arguments[inherited..type.GetGenericArguments().Length];
        var name = type.Name.Split('`')[0];
        return outer + (own.Length == 0 ? name : $"{name}<{string.Join(", ", own.Select(Of))}>");
    }

    private static string Constraint(Type parameter)
    {
        var flags = parameter.GenericParameterAttributes;
        var parts = new List<string>();
        if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            parts.Add("class");
        var isValueType = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        if (isValueType)
            parts.Add("struct");
        parts.AddRange(parameter.GetGenericParameterConstraints().Where(constraint => constraint != typeof(ValueType)).Select(Of).Order(StringComparer.Ordinal));
        if (flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isValueType)
            parts.Add("new()");
        return parts.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", parts)}";
    }
}
