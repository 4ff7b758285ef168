CREATE TABLE `foreign_self` (
  `id` int NOT NULL,
  `up` int DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_up` (`up`),
  CONSTRAINT `foreign_self_ibfk_1` FOREIGN KEY (`up`) REFERENCES `foreign_self` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci