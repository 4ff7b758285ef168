CREATE TABLE `json_default` (
  `a` json DEFAULT (json_array()),
  `b` json DEFAULT (_utf8mb4'{"x": "it\'s"}')
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci